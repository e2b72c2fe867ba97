"""Small data sets of our own in the layouts of the real ones, and runs made of them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.datasets import Measure
from benchmarks.results import (
    DocumentScores,
    LineResult,
    PageInfo,
    Run,
    SetResult,
    SystemPages,
)
from boilerkit.labels import Label
from boilerkit.metrics import LineScores, calibration_bins, count_lines

PAGE = "<html lang=en><body><h1>{title}</h1><p>{text}</p><p>Share this!!!</p></body></html>"


def write_gz(path: Path, text: str) -> None:
    """Write a gzipped text file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode("utf-8"), mtime=0))


def wcxb_truth(page_id: str, page_type: str = "article") -> dict[str, Any]:
    """Return a ground-truth record in WCXB's layout."""
    return {
        "file_id": page_id,
        "url": f"https://site{page_id}.example/story" if page_id != "0003" else None,
        "_internal": {"page_type": {"primary": page_type}},
        "ground_truth": {
            "title": f"Page {page_id}",
            "main_content": f"The heron of page {page_id} stands in the reeds.",
            "with": ["heron of page"],
            "without": ["Share this"],
        },
    }


def write_wcxb(folder: Path) -> Path:
    """Write upstream's layout: page 0002 is in dev/ although metadata.json puts it into test."""
    splits = {"0001": "dev", "0002": "test", "0003": "dev"}
    for split, ids in (("dev", ("0001", "0002", "0003")), ("test", ("0002",))):
        for page_id in ids:
            truth = wcxb_truth(page_id, "forum" if page_id == "0003" else "article")
            text = truth["ground_truth"]["main_content"]
            html = PAGE.format(title=f"Page {page_id}", text=text)
            write_gz(folder / split / "html" / f"{page_id}.html.gz", html)
            path = folder / split / "ground-truth" / f"{page_id}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(truth), encoding="utf-8")
    metadata = {"files": {page_id: {"split": split} for page_id, split in splits.items()}}
    (folder / "metadata.json").write_text(json.dumps(metadata), encoding="utf-8")
    return folder


def make_set(
    systems: Mapping[str, SystemPages],
    *,
    name: str = "wcxb-dev",
    measure: Measure = Measure.WORDS,
    sha256: str = "00",
) -> SetResult:
    """Return a set of twelve pages, half articles and half forums, in two languages."""
    pages = tuple(
        PageInfo(
            f"{number:04d}", "article" if number < 6 else "forum", "en" if number % 2 else "de"
        )
        for number in range(12)
    )
    return SetResult(name, f"Set {name}", "dev", measure, sha256, pages, systems)


def make_run(**changes: Any) -> Run:
    """Return a run of three systems: ours is right, one peer is half right, one finds nothing."""
    ours = SystemPages(tuple((10, 10, 10) for _ in range(12)))
    peer = SystemPages(tuple((5, 10, 10) for _ in range(12)))
    none = SystemPages(tuple((0, 0, 10) for _ in range(12)), {"0003": "crash: E: <b>&"})
    result = make_set({"boilerkit": ours, "trafilatura": peer, "nothing": none})
    filtered = make_set({"trafilatura": peer, "trafilatura+": ours})
    values: dict[str, Any] = {
        "about": make_about(),
        "sets": {"wcxb-dev": result},
        "filtered": {"wcxb-dev": filtered},
        "lines": {"Typed lines": {"boilerkit": make_lines()}},
        "skipped": ("no data set 'fundus-dev' under DIR",),
    }
    return Run(**{**values, **changes})


def make_about() -> dict[str, Any]:
    """Return the description of a run."""
    return {
        "date": "2026-11-22 12:00 UTC",
        "machine": {"Python": "3.12.1"},
        "models": {"model of fold 0": "ab" * 32},
        "systems": {
            "boilerkit": {"label": "boilerkit", "version": "0.1.0"},
            "trafilatura": {"label": "trafilatura", "version": "2.3.1"},
            "nothing": {"label": "nothing", "version": "-"},
        },
        "data": [
            {
                "name": "wcxb-dev",
                "title": "Set wcxb-dev",
                "licence": "CC0",
                "citation": "nobody, nowhere",
                "sha256": "00",
                "note": "Herons only.",
            }
        ],
    }


def make_lines() -> LineResult:
    """Return line results of six documents: two content words of twelve lost, half the chrome."""
    documents = tuple(
        DocumentScores(f"d{number}", "own", "full", "en", "article", _line_scores())
        for number in range(6)
    )
    bins = calibration_bins([0.9, 0.1, 0.6], [True, False, True])
    return LineResult(documents, tuple(bins))


def _line_scores() -> LineScores:
    gold = [Label.CONTENT, Label.CONTENT, Label.DONATION, Label.NAVIGATION]
    guess = [Label.CONTENT, Label.LEGAL, Label.DONATION, Label.CONTENT]
    return count_lines(["one two three four", "five six", "give", "menu"], gold, guess)
