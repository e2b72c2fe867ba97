"""Inputs that a soak found or might have found, reduced and in words of our own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.checks import Checker

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
