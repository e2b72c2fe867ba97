"""``boilerkit view`` and ``boilerkit annotate`` as users run them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from lxml import html as lxml_html
from test_cli import PAGE, TEXT, run, run_fine, run_refused

import boilerkit
from boilerkit.cli import main
from boilerkit.user_labels import LABELS_FILE, line_hash


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a text, a page in a subfolder and a file that is neither."""
    made = tmp_path / "docs"
    (made / "sub").mkdir(parents=True)
    (made / "ferry.txt").write_bytes(TEXT.encode())
    (made / "sub" / "ferry & bridge.html").write_bytes(PAGE.encode())
    (made / "notes.csv").write_text("no,document")
    return made


def shown_texts(page: str) -> list[str]:
    found = lxml_html.document_fromstring(page).find_class("text")
    return [text.text_content() for text in found]


class TestView:
    def test_writes_the_lines_of_a_text_with_their_reasons(self, folder: Path) -> None:
        out = folder / "page.html"
        assert run_fine("view", folder / "ferry.txt", "-o", out) == ""
        page = out.read_text("utf-8")
        assert shown_texts(page) == TEXT.split("\n")
        assert "words typical of" in page
        assert ">ferry.txt<" in page

    def test_writes_to_standard_output(self) -> None:
        page = run_fine("view", "-", "--model", "heuristic", stdin=PAGE.encode())
        lines = boilerkit.classify_html(PAGE).lines
        assert shown_texts(page) == [line.text for line in lines]
        assert "rules of the heuristic" in page

    def test_of_a_folder_writes_a_page_a_document_and_an_index(self, folder: Path) -> None:
        out = folder / "view"
        for _ in range(2):  # what the first run wrote is no document of the second
            assert run_fine("view", folder, "-o", out) == ""
            index = lxml_html.document_fromstring((out / "index.html").read_text("utf-8"))
            links = sorted(index.xpath("//a/@href"))
            assert links == ["ferry.txt.html", "sub/ferry%20%26%20bridge.html.html"]
        page = (out / "sub" / "ferry & bridge.html.html").read_text("utf-8")
        assert "No ferry on the Oder" in shown_texts(page)
        assert len(list(out.rglob("*.html"))) == 3
        for name in ("ferry.txt.html", "sub/ferry & bridge.html.html"):
            (back,) = lxml_html.document_fromstring((out / name).read_text("utf-8")).xpath(
                "//a/@href"
            )
            assert (out / name).parent.joinpath(back).resolve() == (out / "index.html").resolve()

    def test_of_a_file_leads_nowhere_else(self, folder: Path) -> None:
        page = run_fine("view", folder / "ferry.txt")
        assert not lxml_html.document_fromstring(page).xpath("//a")

    def test_makes_the_folder_of_its_page(self, folder: Path) -> None:
        out = folder / "new" / "deep" / "page.html"
        run_fine("view", folder / "ferry.txt", "-o", out)
        assert shown_texts(out.read_text("utf-8")) == TEXT.split("\n")

    def test_fills_no_terminal(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr("sys.stdout.isatty", lambda: True)
        assert main(["view", str(folder / "ferry.txt")]) == 2
        out, err = capsys.readouterr()
        assert (out, "give -o page.html" in err) == ("", True)

    def test_of_a_folder_needs_another_folder(self, folder: Path) -> None:
        assert "give -o DIR" in run_refused("view", folder)

    def test_names_every_file_that_fails(self, folder: Path, tmp_path: Path) -> None:
        done = run("view", folder, "-o", tmp_path / "out", "--charset", "klingon")
        assert done.returncode == 2
        messages = done.stderr.decode().splitlines()
        assert len(messages) == 2
        assert all("unknown character set 'klingon'" in message for message in messages)
        assert not (tmp_path / "out").exists()

    @pytest.mark.parametrize("name", ["ferry.txt", ""])
    def test_overwrites_no_input_and_no_folder(self, folder: Path, name: str) -> None:
        message = run_refused("view", folder / "ferry.txt", "-o", folder / name)
        assert "name the page" in message or "is the input" in message

    def test_of_a_missing_file_or_an_empty_folder_is_refused(self, tmp_path: Path) -> None:
        assert "No such file" in run_refused("view", tmp_path / "none.txt")
        assert "no pages or texts" in run_refused("view", tmp_path, "-o", tmp_path / "out")


class TestAnnotate:
    def test_writes_one_page_for_all_documents(self, folder: Path, tmp_path: Path) -> None:
        out = tmp_path / "annotate.html"
        assert run_fine("annotate", folder, "-o", out) == ""
        tree = lxml_html.document_fromstring(out.read_text("utf-8"))
        names = {doc.get("data-doc") for doc in tree.find_class("doc")}
        assert names == {"ferry.txt", "sub/ferry & bridge.html"}
        assert len([doc for doc in tree.find_class("doc") if "hidden" in doc.attrib]) == 1

    def test_starts_from_earlier_labels_and_names_what_changed(self, folder: Path) -> None:
        lines = TEXT.split("\n")
        rows = [
            {"doc": "ferry.txt", "line": 1, "label": "legal", "sha256": line_hash(lines[0])},
            {"doc": "ferry.txt", "line": 2, "label": "legal", "sha256": line_hash("Another")},
        ]
        text = "".join(f"{json.dumps(row)}\n" for row in rows)
        (folder / LABELS_FILE).write_text(text, encoding="utf-8")
        done = run("annotate", folder / "ferry.txt")
        first, second, *_ = lxml_html.document_fromstring(done.stdout).find_class("line")
        assert first.get("data-label") == "legal"
        assert second.get("data-label") != "legal"
        message = done.stderr.decode()
        assert "ferry.txt: line 2 is not the line that was labelled" in message
        assert done.returncode == 0

    def test_refuses_a_broken_labels_file(self, folder: Path) -> None:
        (folder / LABELS_FILE).write_text("{}\n")
        assert "labels.jsonl:1: line must be int" in run_refused("annotate", folder)
