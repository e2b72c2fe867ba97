"""Our own labels of the lines of data-set pages: by page, line number and a hash of the text.

The pages' texts are not ours to copy. A row of ``data/page_labels.jsonl`` holds ``dataset``,
``id``, ``labels`` (``0-9 navigation, 10 content, …``: every line of the page) and ``hashes``, four
hexadecimal digits a line, so that a changed segmentation shows.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources

from boilerkit.labels import Label

__all__ = ["PageLabels", "line_hash", "load_page_labels"]

_HASH_CHARS = 4


@dataclass(frozen=True, slots=True)
class PageLabels:
    """The labels of a page's lines, in order, and the hashes of the lines that were labelled."""

    labels: tuple[Label, ...]
    hashes: tuple[str, ...]

    def matching(self, texts: Sequence[str]) -> list[Label | None]:
        """Return the label of each line of a page, None where the line is another one now."""
        found: list[Label | None] = [None] * len(texts)
        for line, (text, label, known) in enumerate(
            zip(texts, self.labels, self.hashes, strict=False)
        ):
            if line_hash(text) == known:
                found[line] = label
        return found


def load_page_labels() -> Mapping[tuple[str, str], PageLabels]:
    """Return the labels of all pages by data set and id.

    Raises ValueError for a row whose labels do not cover its lines.
    """
    text = resources.files("boilerkit.train").joinpath("data").joinpath("page_labels.jsonl")
    found = {}
    for row in text.read_text("utf-8").splitlines():
        record = json.loads(row)
        labels = tuple(_expand(record["labels"]))
        hashes = record["hashes"]
        hashes = [hashes[at : at + _HASH_CHARS] for at in range(0, len(hashes), _HASH_CHARS)]
        if len(labels) != len(hashes):
            raise ValueError(f"{record['id']}: {len(labels)} labels for {len(hashes)} lines")
        found[record["dataset"], record["id"]] = PageLabels(labels, tuple(hashes))
    return found


def _expand(runs: str) -> Iterator[Label]:
    expected = 0
    for run in runs.split(", "):
        span, name = run.split(" ")
        first, _, last = span.partition("-")
        if int(first) != expected:
            raise ValueError(f"labels jump from line {expected} to {first}")
        expected = int(last or first) + 1
        yield from [Label(name)] * (expected - int(first))


def line_hash(text: str) -> str:
    """Return the hash that marks a line: the start of its SHA-256."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH_CHARS]
