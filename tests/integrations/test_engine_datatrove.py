"""datatrove's own executor over a WARC that is written here: texts, statistics, exclusions."""

from __future__ import annotations

import gzip
import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from engines import CLEANED, PAGE, TEXT, plain_totals, write_warc
from required import require

from boilerkit import Cleaner, Document

require("datatrove")

import dill
from datatrove.data import Document as Record
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.readers import JsonlReader, WarcReader
from datatrove.pipeline.writers import JsonlWriter

from boilerkit.integrations.datatrove import (
    BoilerkitExtractor,
    BoilerkitLineFilter,
)

CHROME = "<p>Give @ today!!!</p>"


def read_jsonl(folder: Path) -> list[dict[str, Any]]:
    lines = []
    for path in sorted(folder.glob("*.jsonl.gz")):
        lines += gzip.decompress(path.read_bytes()).decode().splitlines()
    return sorted(map(json.loads, lines), key=lambda record: str(record["metadata"]["url"]))


@pytest.fixture(scope="module")
def folder(toy: Cleaner, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of two tasks over two WARCs."""
    folder = tmp_path_factory.mktemp("datatrove")
    (folder / "in").mkdir()
    write_warc(folder / "in" / "a.warc.gz", [PAGE, CHROME, PAGE])
    write_warc(folder / "in" / "b.warc.gz", [PAGE])
    excluded = JsonlWriter(str(folder / "excluded"))
    LocalPipelineExecutor(
        pipeline=[
            WarcReader(str(folder / "in"), glob_pattern="*.warc.gz"),
            BoilerkitExtractor(toy, exclusion_writer=excluded),
            JsonlWriter(str(folder / "out")),
        ],
        tasks=2,
        workers=2,
        logging_dir=str(folder / "logs"),
    ).run()
    return folder


class TestExtractor:
    def test_writes_the_main_content(self, folder: Path) -> None:
        assert [record["text"] for record in read_jsonl(folder / "out")] == [CLEANED] * 3

    def test_counts_every_dropped_line_under_its_label(self, folder: Path) -> None:
        totals = plain_totals(folder / "logs", 1)
        assert {name: total for name, total in totals.items() if name != "doc_len"} == {
            "total": 4,
            "forwarded": 3,
            "dropped": 1,
            "dropped_boilerkit_empty": 1,
            "line-total": 13,
            "line-kept": 6,
            "line-dropped-donation": 4,
            "line-dropped-navigation": 3,
        }

    def test_a_page_of_chrome_alone_is_excluded_as_it_was(self, folder: Path) -> None:
        (record,) = read_jsonl(folder / "excluded")
        assert record["text"] == CHROME
        assert record["metadata"]["filter_reason"] == "boilerkit_empty"


class Trap(Cleaner):
    """A cleaner that fails, hangs or dies on pages that say so."""

    def classify_html(self, html: Any, **options: Any) -> Document:
        if "fail" in html:
            raise RuntimeError("no such page")
        if "hang" in html:
            time.sleep(60)
        if "die" in html:
            os._exit(1)
        return super().classify_html(html, **options)


class TestExtractorOnBadPages:
    @pytest.mark.parametrize(
        ("page", "error"),
        [("fail", "RuntimeError: no such page"), ("hang", "TimeoutError"), ("die", "EOFError")],
    )
    def test_a_bad_page_costs_itself_alone(
        self, toy_folder: Path, page: str, error: str, tmp_path: Path
    ) -> None:
        writer = JsonlWriter(str(tmp_path), compression=None)
        step = BoilerkitExtractor(Trap(model=toy_folder), timeout=6, exclusion_writer=writer)
        records = [Record(text=html, id=str(n)) for n, html in enumerate([PAGE, page, PAGE])]
        assert [record.text for record in step.run(iter(records))] == [CLEANED] * 2
        assert step.stats["dropped_boilerkit_error"].total == 1
        excluded = json.loads((tmp_path / "00000.jsonl").read_text(encoding="utf-8"))
        assert excluded["text"] == page
        assert excluded["metadata"]["boilerkit_error"].startswith(error)

    def test_travels_as_slurm_and_ray_send_it(self, toy: Cleaner) -> None:
        step = dill.loads(dill.dumps(BoilerkitExtractor(toy)))
        (record,) = step.run(iter([Record(text=PAGE, id="0")]))
        assert record.text == CLEANED

    def test_extracts_a_single_page(self, toy: Cleaner) -> None:
        assert BoilerkitExtractor(toy).extract(PAGE) == CLEANED


class TestLineFilter:
    def test_takes_the_chrome_lines_out(self, toy: Cleaner, tmp_path: Path) -> None:
        records = [{"id": str(n), "text": TEXT, "url": f"{n}"} for n in range(3)]
        records.append({"id": "3", "text": "Give @!!!", "url": "3"})
        (tmp_path / "in").mkdir()
        rows = "\n".join(map(json.dumps, records))
        (tmp_path / "in" / "texts.jsonl").write_text(rows, encoding="utf-8")
        LocalPipelineExecutor(
            pipeline=[
                JsonlReader(str(tmp_path / "in")),
                BoilerkitLineFilter(toy),
                JsonlWriter(str(tmp_path / "out")),
            ],
            logging_dir=str(tmp_path / "logs"),
        ).run()
        assert [record["text"] for record in read_jsonl(tmp_path / "out")] == [CLEANED] * 3
        totals = plain_totals(tmp_path / "logs", 1)
        assert {name: total for name, total in totals.items() if name.startswith("line")} == {
            "line-total": 13,
            "line-kept": 6,
            "line-dropped-donation": 4,
            "line-dropped-navigation": 3,
        }
        assert totals["dropped_boilerkit_empty"] == 1

    def test_a_failed_document_is_counted_and_no_other_is_lost(self, toy: Cleaner) -> None:
        step = BoilerkitLineFilter(toy)
        bad = Record(text=b"One", id="1")  # type: ignore[arg-type]
        records = [Record(text=TEXT, id="0"), bad, Record(text=TEXT, id="2")]
        assert [record.id for record in step.run(iter(records))] == ["0", "2"]
        assert step.stats["dropped_boilerkit_error"].total == 1
        assert "TypeError" in bad.metadata["boilerkit_error"]
