"""Every block of docs/batches.md runs as it stands there; its commands do in test_install.py."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from archives import page
from required import require

from boilerkit import Cleaner


@pytest.fixture
def blocks(root: Path) -> list[tuple[str, str]]:
    """The language and the text of each block."""
    text = (root / "docs" / "batches.md").read_text(encoding="utf-8")
    return re.findall(r"^```(\w+)\n(.*?)^```$", text, re.M | re.S)


def test_all_are_known(blocks: list[tuple[str, str]]) -> None:
    assert [language for language, _ in blocks] == ["python", "python", "sh"]
    assert "boilerkit run" in blocks[2][1]


def test_a_loop_saves_what_was_cleaned_and_reports_the_rest(
    blocks: list[tuple[str, str]], shipped: Cleaner
) -> None:
    saved: dict[int, str] = {}
    failed: dict[int, str] = {}
    pages: list[Any] = [page(1), 7, page(2)]
    names = {"pages": pages, "save": saved.__setitem__, "report": failed.__setitem__}
    exec(blocks[0][1], names)
    assert saved == {place: shipped.extract(pages[place]) for place in (0, 2)}
    assert list(failed) == [1]
    assert failed[1].startswith("TypeError")


@pytest.mark.cluster
def test_joblib_takes_the_work_to_ray(blocks: list[tuple[str, str]], toy: Cleaner) -> None:
    ray = require("ray")
    pages = [page(number) for number in range(100)]
    names: dict[str, Any] = {"pages": pages, "cleaner": toy}
    exec(blocks[1][1], names)
    ray.shutdown()
    assert [result.value for result in names["results"]] == [toy.extract(item) for item in pages]
