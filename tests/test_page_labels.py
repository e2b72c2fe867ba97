"""The labels that we gave to lines of data-set pages."""

from __future__ import annotations

import pytest

from boilerkit.labels import Label
from boilerkit.train.labels import PageLabels, _expand, line_hash, load_page_labels


def test_every_page_has_a_label_and_a_hash_for_each_line() -> None:
    pages = load_page_labels()
    assert len(pages) >= 200
    for labels in pages.values():
        assert len(labels.labels) == len(labels.hashes) > 0
        assert all(len(known) == 4 for known in labels.hashes)


def test_runs_are_expanded() -> None:
    assert list(_expand("0-1 navigation, 2 content")) == [
        Label.NAVIGATION,
        Label.NAVIGATION,
        Label.CONTENT,
    ]


@pytest.mark.parametrize("runs", ["1 content", "0-1 content, 3 legal", "0-2 content, 2 legal"])
def test_a_gap_or_an_overlap_is_an_error(runs: str) -> None:
    with pytest.raises(ValueError, match="labels jump"):
        list(_expand(runs))


def test_a_line_that_changed_has_no_label() -> None:
    labels = PageLabels((Label.LEGAL, Label.CONTENT), (line_hash("one"), line_hash("two")))
    assert labels.matching(["one", "two"]) == [Label.LEGAL, Label.CONTENT]
    assert labels.matching(["one", "changed"]) == [Label.LEGAL, None]
    assert labels.matching(["one"]) == [Label.LEGAL]
    assert labels.matching(["one", "two", "new"]) == [Label.LEGAL, Label.CONTENT, None]
