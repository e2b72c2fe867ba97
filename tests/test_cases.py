"""Small pages and texts with the lines that must stay and go (tests/cases/*.json), as data.

A case that the shipped model gets wrong is named in ``known_failures.json`` with the reason; one
that is named there and comes out right fails too, so that the list never outlives its failures.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from boilerkit import Cleaner, Document

FOLDER = Path(__file__).parent / "cases"
# What boilerkit-1 gets wrong; a later model may only lower it.
MAX_KNOWN_FAILURES = 32
KNOWN_FAILURES_FILE = FOLDER / "known_failures.json"

Case = dict[str, Any]


def load_cases() -> list[Case]:
    return [
        case
        for path in sorted(FOLDER.glob("*.json"))
        if path != KNOWN_FAILURES_FILE
        for case in json.loads(path.read_text(encoding="utf-8"))
    ]


def load_known_failures() -> dict[str, str]:
    """Return name → reason."""
    failures: dict[str, str] = json.loads(KNOWN_FAILURES_FILE.read_text(encoding="utf-8"))
    return failures


CASES = load_cases()
KNOWN_FAILURES = load_known_failures()


def wrong_lines(document: Document, case: Case) -> list[str]:
    """Return what is missing of the lines to keep and what is left of the lines to drop."""
    kept = [line.text for line in document.lines if line.kept]
    missing = [f"missing: {text}" for text in case["kept"] if text not in kept]
    return missing + [f"left: {text}" for text in case["dropped"] if text in kept]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_case(shipped: Cleaner, case: Case) -> None:
    classify = shipped.classify_html if case["kind"] == "html" else shipped.classify_text
    wrong = wrong_lines(classify(case["input"]), case)
    if case["name"] in KNOWN_FAILURES:
        assert wrong, "this known failure is mended: take it off known_failures.json"
        pytest.xfail(f"{KNOWN_FAILURES[case['name']]}: {wrong}")
    assert wrong == [], case["why"]


class TestTheCases:
    def test_have_names_of_their_own(self) -> None:
        names = [case["name"] for case in CASES]
        assert len(set(names)) == len(names)

    def test_are_complete(self) -> None:
        for case in CASES:
            assert set(case) == {"name", "input", "kind", "kept", "dropped", "why"}, case["name"]
            assert case["kind"] in ("html", "text")
            assert case["kept"] or case["dropped"], case["name"]
            assert not set(case["kept"]) & set(case["dropped"]), case["name"]

    def test_name_lines_that_stand_in_their_input(self) -> None:
        for case in CASES:
            if case["kind"] == "text":
                lines = case["input"].split("\n")
                assert set(case["kept"] + case["dropped"]) <= set(lines), case["name"]

    def test_are_half_negative(self) -> None:
        negative = [case for case in CASES if not case["dropped"]]
        assert len(negative) >= 0.45 * len(CASES)

    def test_known_failures_are_cases(self) -> None:
        assert KNOWN_FAILURES.keys() <= {case["name"] for case in CASES}
        assert len(KNOWN_FAILURES) <= MAX_KNOWN_FAILURES
