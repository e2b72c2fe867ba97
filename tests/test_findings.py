"""Inputs that a soak found or might have found, reduced and in words of our own, and the corpus."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.checks import Checker
from benchmarks.corpus import read_corpus
from boilerkit.bench_files import LabelledPage, LabelledText
from boilerkit.train.datasets import load_typed_documents

FINDINGS = json.loads(Path(__file__).with_name("findings.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def checker() -> Checker:
    return Checker()


@pytest.mark.parametrize("finding", FINDINGS, ids=lambda finding: finding["name"])
def test_breaks_no_promise(checker: Checker, finding: dict[str, Any]) -> None:
    if "text" in finding:
        checker.check_text(finding["text"])
    elif "html" in finding:
        checker.check_page(finding["html"])
    else:
        checker.check_page(bytes.fromhex(finding["hex"]), finding["charset"])


@pytest.mark.parametrize("item", read_corpus(), ids=lambda item: item.name)
def test_the_corpus_breaks_none(checker: Checker, item: LabelledPage | LabelledText) -> None:
    if isinstance(item, LabelledText):
        checker.check_text(item.text)
    else:
        checker.check_page(item.path.read_bytes())


@pytest.mark.data
@pytest.mark.slow
def test_no_development_text_breaks_one(checker: Checker, data_folder: Path) -> None:
    for document in load_typed_documents(data_folder):
        checker.check_text("\n".join(document.lines))
