"""Features today are the features that were stored (see golden_features.py)."""

from __future__ import annotations

import json

import pytest
from golden_features import GOLDEN, PAGES, TEXTS, compute

STORED = json.loads(GOLDEN.read_text(encoding="utf-8"))


def test_every_document_is_stored() -> None:
    names = {f"text: {name}" for name in TEXTS} | {f"page: {name}" for name in PAGES}
    assert STORED.keys() == names


@pytest.mark.parametrize("document", STORED)
def test_features_are_those_stored(document: str) -> None:
    computed = compute()[document]
    assert computed.keys() == STORED[document].keys()
    for column, values in STORED[document].items():
        assert computed[column] == pytest.approx(values, rel=1e-3, abs=1e-4), column
