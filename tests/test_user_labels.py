"""The labels file: what is read, what is refused, what a changed document shows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from boilerkit import ConfigError, Label
from boilerkit.user_labels import LineLabel, find_mismatches, line_hash, read_labels

ROW = {"doc": "a.html", "line": 2, "label": "donation", "sha256": line_hash("Give!")}


def write(folder: Path, *rows: object) -> Path:
    path = folder / "labels.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path


def test_a_file_is_read_by_document_and_line(tmp_path: Path) -> None:
    other = {**ROW, "doc": "b\u2028.txt", "line": 1, "label": "content"}
    labels = read_labels(write(tmp_path, ROW, other))
    assert labels == {
        "a.html": {2: LineLabel("a.html", 2, Label.DONATION, ROW["sha256"])},
        "b\u2028.txt": {1: LineLabel("b\u2028.txt", 1, Label.CONTENT, ROW["sha256"])},
    }


def test_of_two_labels_the_last_counts(tmp_path: Path) -> None:
    labels = read_labels(write(tmp_path, ROW, {**ROW, "label": "legal"}))
    assert labels["a.html"][2].label is Label.LEGAL


def test_blank_rows_and_other_keys_are_passed_over(tmp_path: Path) -> None:
    path = write(tmp_path, {**ROW, "by": "me"})
    path.write_text(f"\n{path.read_text()}\r\n\n")
    assert list(read_labels(path)) == ["a.html"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"line": 0}, "line must be 1 or more, not 0"),
        ({"line": True}, "line must be 1 or more, not True"),
        ({"line": "3"}, "line must be int, not '3'"),
        ({"label": "advert"}, "unknown label 'advert': choose from content, donation"),
        ({"doc": None}, "doc must be str, not None"),
        ({"sha256": 5}, "sha256 must be str, not 5"),
    ],
)
def test_a_row_that_is_no_label_is_named(
    tmp_path: Path, change: dict[str, object], message: str
) -> None:
    with pytest.raises(ConfigError, match=rf"labels\.jsonl:2: {message}"):
        read_labels(write(tmp_path, ROW, {**ROW, **change}))


@pytest.mark.parametrize("row", [b"{", b"[1]\n", b"\xff\xfe"])
def test_what_is_no_json_object_is_refused(tmp_path: Path, row: bytes) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_bytes(row)
    with pytest.raises(ConfigError, match=r"labels\.jsonl"):
        read_labels(path)


def test_hashes_are_short_and_tell_texts_apart() -> None:
    assert line_hash("Give!") == line_hash("Give!")
    assert line_hash("Give!") != line_hash("Give! ")
    assert len(line_hash("\ud800")) == 16


def test_mismatches_name_document_and_line() -> None:
    labels = {
        number: LineLabel("a.html", number, Label.LEGAL, line_hash("One")) for number in (1, 2, 9)
    }
    assert find_mismatches(labels, ["One", "Two"]) == [
        "a.html: line 2 is not the line that was labelled",
        "a.html: no line 9, there are 2",
    ]
