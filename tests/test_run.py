"""Runs over files: every format in and out, what is broken, and what is refused."""

from __future__ import annotations

import gzip
import json
import math
import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from archives import (
    page,
    read_jsonl,
    snapshot,
    text,
    warc_record,
    write_jsonl,
    write_parquet,
    write_warc,
)
from required import require
from toy_model import npz_bytes, toy_arrays, toy_config, write_model

import boilerkit
from boilerkit import Cleaner, ConfigError, cli
from boilerkit.inputs import find_inputs


class Runner:
    """Runs the command in this process with the toy model and one job."""

    def __init__(self, model: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.model, self.folder, self.capsys = model, folder, capsys
        self.out = folder / "out"

    def __call__(self, *arguments: str | Path, code: int = 0) -> str:
        """Return what was printed: on standard output, or for another code on standard error."""
        options = ["--out", str(self.out), "--model", str(self.model), "--jobs", "1"]
        assert cli.main(["run", *options, *map(str, arguments)]) == code
        printed = self.capsys.readouterr()
        return printed.err if code else printed.out

    def results(self, name: str) -> list[dict[str, Any]]:
        return read_jsonl(self.out / name)

    def errors(self) -> list[tuple[str, str]]:
        return [(error["id"], error["reason"]) for error in self.results("errors.jsonl")]

    def table(self, name: str) -> Any:
        return require("pyarrow.parquet").read_table(self.out / name)


@pytest.fixture
def run(toy_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Runner:
    return Runner(toy_folder, tmp_path, capsys)


def figures(printed: str) -> dict[str, str]:
    """Return the summary's figures by their names."""
    return {row.split(None, 1)[1]: row.split(None, 1)[0] for row in printed.splitlines()}


class TestPages:
    def test_of_a_folder_are_one_result(self, run: Runner, toy: Cleaner, tmp_path: Path) -> None:
        site = tmp_path / "site"
        (site / "b").mkdir(parents=True)
        (site / "b" / "page.HTML").write_text(page(1), encoding="utf-8")
        (site / "a.txt").write_text(text(1), encoding="utf-8")
        (site / "logo.png").write_bytes(b"\x89PNG")
        run(site)
        assert run.results("site.jsonl") == [
            {"id": "a.txt", "text": toy.clean(text(1))},
            {"id": "b/page.HTML", "text": toy.extract(page(1))},
        ]
        assert sorted(snapshot(run.out)) == ["errors.jsonl", "run.json", "site.jsonl"]

    def test_may_be_single_files(self, run: Runner, toy: Cleaner, tmp_path: Path) -> None:
        path = tmp_path / "page.html"
        path.write_bytes("<meta charset=latin1><p>Fährmann".encode("latin-1"))
        run(path)
        assert run.results("page.jsonl") == [{"id": "page.html", "text": "Fährmann"}]

    def test_a_file_that_cannot_be_read_is_broken(
        self, run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("a.txt", "b.txt"):
            (tmp_path / name).write_text("One")
        read = Path.read_bytes

        def refuse(path: Path) -> bytes:
            if path.name == "a.txt":
                raise PermissionError(13, "Permission denied")
            return read(path)

        monkeypatch.setattr(Path, "read_bytes", refuse)
        run(tmp_path / "a.txt", tmp_path / "b.txt")
        assert run.errors() == [("a.txt", "Permission denied")]
        assert run.results("b.jsonl") == [{"id": "b.txt", "text": "One"}]

    def test_a_folder_of_records_is_one_result_a_file(self, run: Runner, tmp_path: Path) -> None:
        (tmp_path / "in" / "x").mkdir(parents=True)
        write_jsonl(tmp_path / "in" / "x" / "one.jsonl", [{"text": "One"}])
        write_jsonl(tmp_path / "in" / "two.ndjson", [{"text": "Two"}])
        run(tmp_path / "in")
        assert run.results("x/one.jsonl") == [{"text": "One"}]
        assert run.results("two.jsonl") == [{"text": "Two"}]


class TestJsonLines:
    @pytest.mark.parametrize("ending", ["", ".gz", ".zst"])
    def test_keep_what_else_they_hold(
        self, run: Runner, toy: Cleaner, tmp_path: Path, ending: str
    ) -> None:
        rows = [{"id": n, "html": page(n), "tags": ["a", {"b": None}]} for n in range(270)]
        run(write_jsonl(tmp_path / f"rows.jsonl{ending}", rows))
        assert run.results("rows.jsonl") == [
            {"id": n, "tags": ["a", {"b": None}], "text": toy.extract(page(n))} for n in range(270)
        ]

    def test_the_columns_can_be_chosen(self, run: Runner, toy: Cleaner, tmp_path: Path) -> None:
        rows = [{"text": "kept", "body": page(1)}]
        path = write_jsonl(tmp_path / "rows.jsonl", rows)
        run(path, "--column=body", "--input=html", "--write-column=clean")
        assert run.results("rows.jsonl") == [{"text": "kept", "clean": toy.extract(page(1))}]

    def test_a_column_named_html_is_html_and_others_are_text(
        self, run: Runner, toy: Cleaner, tmp_path: Path
    ) -> None:
        rows = [{"raw_html": "<p>One</p>", "body": "<p>One</p>"}]
        path = write_jsonl(tmp_path / "rows.jsonl", rows)
        run(path, "--column=raw_html")
        assert run.results("rows.jsonl")[0]["text"] == "One"
        run.out = tmp_path / "other"
        run(path, "--column=body")
        assert run.results("rows.jsonl")[0]["text"] == "<p>One</p>"

    def test_broken_ones_are_reported_and_cost_nothing_else(
        self, run: Runner, tmp_path: Path
    ) -> None:
        rows: list[Any] = [
            {"id": "a", "text": "One"},
            b'{"text": ',
            b"[1, 2]",
            {"id": "b", "text": 7},
            {"id": "c", "body": "Two"},
            b"\xff\xfe",
            b"",
            {"text": None},
            {"id": "d", "text": "Three"},
        ]
        printed = run(write_jsonl(tmp_path / "rows.jsonl", rows))
        assert run.results("rows.jsonl") == [
            {"id": "a", "text": "One"},
            {"id": "d", "text": "Three"},
        ]
        ids, reasons = zip(*run.errors(), strict=True)
        assert ids == ("rows.jsonl:2", "rows.jsonl:3", "b", "c", "rows.jsonl:6", "rows.jsonl:8")
        assert [reason.split(":")[0] for reason in reasons] == [
            "no JSON",
            "no JSON object",
            "text is no string",
            "no column html or text",
            "no JSON",
            "text is no string",
        ]
        assert figures(printed)["records"] == "8"
        assert figures(printed)["cleaned"] == "2"

    @pytest.mark.parametrize("ending", [".gz", ".zst"])
    def test_cut_short_are_read_to_the_damage(
        self, run: Runner, tmp_path: Path, ending: str
    ) -> None:
        rows = [{"text": random.Random(n).randbytes(200).hex()} for n in range(2000)]
        path = write_jsonl(tmp_path / f"rows.jsonl{ending}", rows)
        data = path.read_bytes()
        path.write_bytes(data[: len(data) * 2 // 3])
        run(path)
        ((id, reason),) = run.errors()
        n_results = len(run.results("rows.jsonl"))
        assert n_results > 500
        assert id == f"rows.jsonl{ending}:{n_results + 1}"
        assert reason.startswith("the file is damaged from here")

    def test_several_frames_are_one_file(self, run: Runner, tmp_path: Path) -> None:
        zstd = require("zstandard").ZstdCompressor()
        frames = [zstd.compress(b'{"text": "%d"}\n' % number) for number in range(5)]
        (tmp_path / "rows.jsonl.zst").write_bytes(b"".join(frames))
        run(tmp_path / "rows.jsonl.zst")
        assert [row["text"] for row in run.results("rows.jsonl")] == list("01234")

    def test_a_line_that_is_too_long_is_reported(
        self, run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("boilerkit.readers.MAX_RECORD_BYTES", 100)
        rows = [{"text": "One"}, {"text": "x" * 500_000}, {"text": "Two"}]
        run(write_jsonl(tmp_path / "rows.jsonl", rows))
        assert [row["text"] for row in run.results("rows.jsonl")] == ["One", "Two"]
        assert run.errors() == [("rows.jsonl:2", "longer than 100 bytes")]

    def test_results_are_strict_json(self, run: Runner, tmp_path: Path) -> None:
        row = {"text": "lone \ud800 half", "score": math.nan, "list": [math.inf, 1.5]}
        run(write_jsonl(tmp_path / "rows.jsonl", [row]))
        line = (run.out / "rows.jsonl").read_bytes().decode("utf-8")

        def refuse(name: str) -> None:
            raise AssertionError(name)

        found = json.loads(line, parse_constant=refuse)
        assert found == {"score": None, "list": [None, 1.5], "text": "lone \ud800 half"}

    def test_to_parquet_keep_the_rest_as_json(
        self, run: Runner, toy: Cleaner, tmp_path: Path
    ) -> None:
        rows = [
            {"id": 5, "url": "https://river.example/", "html": page(1), "n": [1]},
            {"text": "a"},
        ]
        path = write_jsonl(tmp_path / "rows.jsonl", rows)
        require("pyarrow")
        run(path, "--format=parquet")
        assert run.table("rows.parquet").to_pylist() == [
            {
                "id": "5",
                "url": "https://river.example/",
                "metadata": '{"n": [1]}',
                "text": toy.extract(page(1)),
            },
            {"id": "rows.jsonl:2", "url": None, "metadata": None, "text": "a"},
        ]


class TestParquet:
    def test_keeps_every_other_column_as_it_was(
        self, run: Runner, toy: Cleaner, tmp_path: Path
    ) -> None:
        pyarrow = require("pyarrow")
        count = 280
        others = {
            "rank": pyarrow.array(range(count), pyarrow.int16()),
            "seen": pyarrow.array(range(count), pyarrow.timestamp("ns")),
            "tag": pyarrow.array(["a", "b"] * (count // 2)).dictionary_encode(),
            "list": pyarrow.array([[n] for n in range(count)]),
        }
        pages = [page(n).encode() for n in range(count)]
        path = write_parquet(tmp_path / "table.parquet", {"html": pages, **others})
        run(path, "--format=parquet")
        table = run.table("table.parquet")
        assert table.drop_columns(["text"]).equals(pyarrow.table(others))
        assert table.column("text").to_pylist() == [toy.extract(page) for page in pages]

    def test_may_write_the_column_that_it_read(
        self, run: Runner, toy: Cleaner, tmp_path: Path
    ) -> None:
        path = write_parquet(tmp_path / "table.parquet", {"text": [text(1)], "n": [1]})
        run(path, "--format=parquet")
        assert run.table("table.parquet").to_pylist() == [{"n": 1, "text": toy.clean(text(1))}]

    def test_rows_without_a_page_are_broken(self, run: Runner, tmp_path: Path) -> None:
        columns = {"text": ["One", None, "Three"], "id": ["a", "b", None]}
        run(write_parquet(tmp_path / "table.parquet", columns), "--format=parquet")
        assert run.table("table.parquet").to_pylist() == [
            {"id": "a", "text": "One"},
            {"id": None, "text": "Three"},
        ]
        assert run.errors() == [("b", "text is no string")]

    def test_to_json_lines_writes_what_json_can_say(self, run: Runner, tmp_path: Path) -> None:
        pyarrow = require("pyarrow")
        day = pyarrow.array([0], pyarrow.timestamp("s"))
        columns = {"text": ["One"], "day": day, "raw": [b"\0\1"], "rate": [math.nan]}
        run(write_parquet(tmp_path / "table.parquet", columns))
        assert run.results("table.jsonl") == [
            {"day": "1970-01-01T00:00:00", "raw": "AAE=", "rate": None, "text": "One"}
        ]

    @pytest.mark.parametrize("texts", [[], [None]])
    def test_without_results_has_its_columns_all_the_same(
        self, run: Runner, tmp_path: Path, texts: list[None]
    ) -> None:
        pyarrow = require("pyarrow")
        columns = {
            "text": pyarrow.array(texts, pyarrow.string()),
            "n": pyarrow.array([1] * len(texts), pyarrow.int8()),
        }
        run(write_parquet(tmp_path / "table.parquet", columns), "--format=parquet")
        assert run.table("table.parquet").schema.names == ["n", "text"]
        assert run.table("table.parquet").num_rows == 0

    def test_a_damaged_row_group_costs_its_rows(self, run: Runner, tmp_path: Path) -> None:
        rows = [random.Random(n).randbytes(10).hex() for n in range(300)]
        path = write_parquet(tmp_path / "table.parquet", {"text": rows})
        parquet = require("pyarrow.parquet")
        with parquet.ParquetFile(path) as file:
            start = file.metadata.row_group(1).column(0).dictionary_page_offset
        data = bytearray(path.read_bytes())
        data[start : start + 200] = bytes(200)
        path.write_bytes(data)
        run(path)
        assert [row["text"] for row in run.results("table.jsonl")] == rows[:100] + rows[200:]
        ((id, reason),) = run.errors()
        assert id == "table.parquet:100"
        assert reason.startswith("the rows from here to 199 cannot be read")

    def test_what_is_no_parquet_is_reported(self, run: Runner, tmp_path: Path) -> None:
        require("pyarrow")
        (tmp_path / "table.parquet").write_bytes(b"PAR1 and no more")
        run(tmp_path / "table.parquet", "--format=parquet")
        ((id, reason),) = run.errors()
        assert (id, reason.split(":")[0]) == ("table.parquet", "no Parquet file")
        assert run.table("table.parquet").schema.names == ["text"]

    def test_without_the_column_is_refused(self, run: Runner, tmp_path: Path) -> None:
        path = write_parquet(tmp_path / "table.parquet", {"body": ["One"], "n": [1]})
        message = run(path, code=2)
        assert "no column html or text: name one of body, n with --column" in message
        assert not run.out.exists()


@pytest.fixture
def _needs_fastwarc() -> None:
    require("fastwarc")


def uuid(number: int) -> str:
    return f"<urn:uuid:{number:08d}>"


@pytest.mark.usefixtures("_needs_fastwarc")
class TestWarc:
    @pytest.mark.parametrize("ending", ["", ".gz", ".zst"])
    def test_responses_are_pages(
        self, run: Runner, toy: Cleaner, tmp_path: Path, ending: str
    ) -> None:
        records = [warc_record(n, page(n).encode()) for n in range(270)]
        printed = run(write_warc(tmp_path / f"crawl.warc{ending}", records))
        assert run.results("crawl.jsonl") == [
            {
                "id": uuid(n),
                "url": f"https://river.example/{n}",
                "date": "2031-05-04T10:00:00Z",
                "status": 200,
                "text": toy.extract(page(n)),
            }
            for n in range(270)
        ]
        assert figures(printed)["records"] == "270"

    @pytest.mark.parametrize("name", ["dump.warc.wet.gz", "dump.wet", "dump.wet.gz"])
    def test_conversions_are_texts(
        self, run: Runner, toy: Cleaner, tmp_path: Path, name: str
    ) -> None:
        records = [
            warc_record(n, text(n).encode(), type="conversion", content_type="text/plain")
            for n in range(5)
        ]
        run(write_warc(tmp_path / name, records))
        found = [row["text"] for row in run.results("dump.jsonl")]
        assert found == [toy.clean(text(n)) for n in range(5)]

    def test_bodies_are_decoded(self, run: Runner, tmp_path: Path) -> None:
        latin = "<p>Fährmann".encode("latin-1")
        chunked = b"5\r\n<p>Fe\r\n3\r\nrry\r\n0\r\n\r\n"
        records = [
            warc_record(0, gzip.compress(b"<p>Ferry"), http="Content-Encoding: gzip\r\n"),
            warc_record(1, chunked, http="Transfer-Encoding: chunked\r\n"),
            warc_record(2, latin, content_type="text/html; charset=iso-8859-1"),
            warc_record(3, b"<p>Ferry", type="resource", content_type="text/html"),
            warc_record(4, b"<p>Ferry", content_type="application/xhtml+xml"),
        ]
        run(write_warc(tmp_path / "crawl.warc", records))
        found = [row["text"] for row in run.results("crawl.jsonl")]
        assert found == ["Ferry", "Ferry", "Fährmann", "Ferry", "Ferry"]

    def test_what_is_no_page_is_skipped_and_counted(self, run: Runner, tmp_path: Path) -> None:
        records = [
            warc_record(0, b"software: x\r\n", type="warcinfo", content_type="text/plain"),
            warc_record(1, b"GET / HTTP/1.1\r\n\r\n", type="request", content_type="text/plain"),
            warc_record(2, b"\x89PNG", content_type="image/png"),
            warc_record(3, b"{}", type="resource", content_type="application/json"),
            warc_record(4, b"<p>Ferry"),
        ]
        printed = run(write_warc(tmp_path / "crawl.warc", records))
        assert [row["id"] for row in run.results("crawl.jsonl")] == [uuid(4)]
        assert figures(printed)["skipped, as no page"] == "2"
        assert run.errors() == []

    def test_archives_of_wget_are_read(self, run: Runner, tmp_path: Path) -> None:
        notes = "metadata://gnu.org/software/wget/warc/wget.log"
        records = [
            warc_record(0, b"<p>Ferry", url="<https://river.example/0>"),
            warc_record(1, b"saved", type="resource", content_type="text/plain", url=f"<{notes}>"),
        ]
        printed = run(write_warc(tmp_path / "crawl.warc.gz", records))
        assert [row["url"] for row in run.results("crawl.jsonl")] == ["https://river.example/0"]
        assert figures(printed)["skipped, as no page"] == "1"

    def test_broken_messages_cost_themselves(self, run: Runner, tmp_path: Path) -> None:
        records = [
            warc_record(0, b"<p>One"),
            warc_record(1, b"no gzip", http="Content-Encoding: gzip\r\n"),
            warc_record(2, b"no chunk", http="Transfer-Encoding: chunked\r\n"),
            warc_record(3, b"<p>Two"),
        ]
        run(write_warc(tmp_path / "crawl.warc.gz", records))
        assert [row["text"] for row in run.results("crawl.jsonl")] == ["One", "Two"]
        assert [id for id, _ in run.errors()] == [uuid(1), uuid(2)]

    @pytest.mark.parametrize("ending", ["", ".gz", ".zst"])
    def test_reading_goes_on_after_a_damaged_record(
        self, run: Runner, tmp_path: Path, ending: str
    ) -> None:
        records = [warc_record(n, page(n, 40).encode()) for n in range(20)]
        path = write_warc(tmp_path / f"crawl.warc{ending}", records)
        alone = write_warc(tmp_path / f"part.warc{ending}", records[:8]).read_bytes()
        data = bytearray(path.read_bytes())
        data[len(alone) : len(alone) + 60] = b"\xaa" * 60
        path.write_bytes(data)
        run(path)
        found = [row["id"] for row in run.results("crawl.jsonl")]
        assert found == [uuid(n) for n in range(20) if n != 8]
        ((id, reason),) = run.errors()
        assert id.startswith(f"crawl.warc{ending}@")
        assert "went on at byte" in reason

    @pytest.mark.parametrize("ending", ["", ".gz", ".zst"])
    def test_a_record_that_is_cut_short_is_reported(
        self, run: Runner, tmp_path: Path, ending: str
    ) -> None:
        records = [warc_record(n, page(n, 40).encode()) for n in range(3)]
        path = write_warc(tmp_path / f"crawl.warc{ending}", records)
        path.write_bytes(path.read_bytes()[:-300])
        run(path)
        assert [row["id"] for row in run.results("crawl.jsonl")] == [uuid(0), uuid(1)]
        assert len(run.errors()) == 1

    def test_what_is_no_warc_is_reported(self, run: Runner, tmp_path: Path) -> None:
        (tmp_path / "crawl.warc").write_bytes(page(1).encode() * 100)
        run(tmp_path / "crawl.warc")
        ((id, reason),) = run.errors()
        assert id == "crawl.warc@0"
        assert "the rest is lost" in reason

    def test_a_record_that_is_too_long_is_reported(
        self, run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("boilerkit.warc.MAX_RECORD_BYTES", 1000)
        bomb = gzip.compress(bytes(2000))
        records = [
            warc_record(0, b"<p>" + b"x" * 2000),
            warc_record(1, bomb, http="Content-Encoding: gzip\r\n"),
            warc_record(2, b"<p>One"),
        ]
        run(write_warc(tmp_path / "crawl.warc", records))
        assert run.errors() == [(uuid(n), "longer than 1,000 bytes") for n in (0, 1)]
        assert [row["text"] for row in run.results("crawl.jsonl")] == ["One"]

    def test_to_parquet(self, run: Runner, toy: Cleaner, tmp_path: Path) -> None:
        require("pyarrow")
        path = write_warc(tmp_path / "crawl.warc.gz", [warc_record(7, page(7).encode())])
        run(path, "--format=parquet")
        assert run.table("crawl.parquet").to_pylist() == [
            {
                "id": uuid(7),
                "url": "https://river.example/7",
                "date": "2031-05-04T10:00:00Z",
                "status": 200,
                "text": toy.extract(page(7)),
            }
        ]


class TestFigures:
    def test_count_lines_by_label_and_the_words_dropped(self, run: Runner, tmp_path: Path) -> None:
        rows = [{"text": "four words of content\nGive now!!! @"}, {"text": "and two"}]
        printed = run(write_jsonl(tmp_path / "rows.jsonl", rows))
        found = figures(printed)
        assert (found["words"], found["dropped words"]) == ("8", "2")
        assert found["of the words dropped"] == "25.0%"
        assert (found["lines of content"], found["lines of donation"]) == ("2", "1")
        report = json.loads((run.out / "run.json").read_bytes())
        assert report["totals"]["lines"] == {"content": 2, "donation": 1}

    def test_labels_can_be_kept(self, run: Runner, tmp_path: Path) -> None:
        path = write_jsonl(tmp_path / "rows.jsonl", [{"text": "One\nGive!!! @\nGo!!!"}])
        run(path, "--keep=donation")
        assert run.results("rows.jsonl") == [{"text": "One\nGive!!! @"}]


class TestFolder:
    def test_a_finished_run_does_nothing_again(self, run: Runner, tmp_path: Path) -> None:
        path = write_jsonl(tmp_path / "rows.jsonl", [{"text": "One"}])
        printed = run(path)
        before = snapshot(run.out)
        assert run(path) == printed
        assert snapshot(run.out) == before

    @pytest.mark.parametrize(
        ("options", "setting"),
        [
            (["--keep=donation"], "keep"),
            (["--format=parquet"], "format"),
            (["--operating-point=greedy"], "operating_point"),
            (["--column=text"], "column"),
        ],
    )
    def test_another_run_is_refused(
        self, run: Runner, tmp_path: Path, options: Sequence[str], setting: str
    ) -> None:
        if setting == "format":
            require("pyarrow")
        path = write_jsonl(tmp_path / "rows.jsonl", [{"text": "One"}])
        run(path)
        before = snapshot(run.out)
        assert f"a run that differs in {setting}: give" in run(path, *options, code=2)
        assert snapshot(run.out) == before

    def test_another_model_of_the_same_name_is_refused(self, run: Runner, tmp_path: Path) -> None:
        path = write_jsonl(tmp_path / "rows.jsonl", [{"text": "One"}])
        run(path)
        config = {**toy_config(), "vocabulary": ["footer", "menu"]}
        run.model = write_model(tmp_path / "toy", config, npz_bytes(toy_arrays()))
        assert "a run that differs in cleaner_sha256" in run(path, code=2)

    def test_changed_inputs_are_refused(self, run: Runner, tmp_path: Path) -> None:
        run(write_jsonl(tmp_path / "rows.jsonl", [{"text": "One"}]))
        path = write_jsonl(tmp_path / "rows.jsonl", [{"text": "One"}, {"text": "Two"}])
        assert "a run that differs in inputs" in run(path, code=2)

    def test_other_files_are_not_touched(self, run: Runner, tmp_path: Path) -> None:
        run.out.mkdir()
        (run.out / "rows.jsonl").write_text("mine")
        path = write_jsonl(tmp_path / "rows.jsonl", [{"text": "One"}])
        assert "holds other files" in run(path, code=2)
        assert snapshot(run.out) == {"rows.jsonl": b"mine"}

    def test_two_at_once_are_refused(self, run: Runner, tmp_path: Path) -> None:
        fcntl = pytest.importorskip("fcntl")
        path = write_jsonl(tmp_path / "rows.jsonl", [{"text": "One"}])
        (run.out / ".unfinished").mkdir(parents=True)
        with open(run.out / ".unfinished" / "lock", "wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            assert "another process is working" in run(path, code=2)
        run(path)
        assert run.results("rows.jsonl") == [{"text": "One"}]


class TestInputs:
    def test_that_are_not_there_are_refused(self, run: Runner, tmp_path: Path) -> None:
        assert "no such file or folder" in run(tmp_path / "gone.jsonl", code=2)
        (tmp_path / "notes.pdf").write_bytes(b"")
        assert "is of no known kind" in run(tmp_path / "notes.pdf", code=2)
        (tmp_path / "empty").mkdir()
        assert "holds no file of a known kind" in run(tmp_path / "empty", code=2)
        assert "n_jobs must not be 0" in run(tmp_path, "--jobs=0", code=2)

    def test_that_hold_the_results_are_refused(self, run: Runner, tmp_path: Path) -> None:
        (tmp_path / "a.txt").write_text("One")
        assert "lies in the input" in run(tmp_path, code=2)

    @pytest.mark.parametrize("names", [["a.jsonl", "a.jsonl.gz"], ["errors.jsonl"]])
    def test_of_one_name_are_refused(self, run: Runner, tmp_path: Path, names: list[str]) -> None:
        paths = [write_jsonl(tmp_path / name, [{"text": "One"}]) for name in names]
        assert "two results would be named" in run(*paths, code=2)

    @pytest.mark.parametrize(
        ("name", "found"),
        [
            ("crawl.warc.gz", ("crawl", "warc")),
            ("CC-1.warc.wet.gz", ("CC-1", "warc")),
            ("a.b.JSONL.ZST", ("a.b", "jsonl")),
            ("t.parquet", ("t", "parquet")),
            ("page.htm", ("page", "pages")),
        ],
    )
    def test_are_known_by_their_endings(
        self, tmp_path: Path, name: str, found: tuple[str, str]
    ) -> None:
        (tmp_path / name).write_bytes(b"")
        (source,) = find_inputs([str(tmp_path / name)], tmp_path / "out")
        assert (source.name, source.kind) == found

    def test_of_a_folder_that_cannot_be_searched_are_an_error(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "in").mkdir()

        def refuse(path: object) -> None:
            raise PermissionError(13, "Permission denied", str(path))

        monkeypatch.setattr("os.scandir", refuse)
        with pytest.raises(PermissionError):
            find_inputs([str(tmp_path / "in")], tmp_path / "out")


class TestMissingPackages:
    @pytest.mark.parametrize(
        ("name", "package", "extra"),
        [
            ("a.warc", "fastwarc", "warc"),
            ("a.parquet", "pyarrow", "parquet"),
            ("a.jsonl.zst", "zstandard", "zst"),
        ],
    )
    def test_are_named_with_their_command(
        self,
        run: Runner,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        name: str,
        package: str,
        extra: str,
    ) -> None:
        for module in [module for module in sys.modules if module.split(".")[0] == package]:
            monkeypatch.delitem(sys.modules, module)
        monkeypatch.setitem(sys.modules, package, None)
        (tmp_path / name).write_bytes(b"")
        message = run(tmp_path / name, code=2)
        assert f"needs {package}: pip install 'boilerkit[{extra}]'" in message
        assert not run.out.exists()

    def test_and_what_needs_none_runs_all_the_same(self, run: Runner, tmp_path: Path) -> None:
        assert isinstance(ConfigError("x"), boilerkit.BoilerkitError)
        run(write_jsonl(tmp_path / "rows.jsonl.gz", [{"text": "One"}]))
        assert run.results("rows.jsonl") == [{"text": "One"}]
