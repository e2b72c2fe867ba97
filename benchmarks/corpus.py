"""The embedded corpus: pages and texts of our own writing, for a gate that needs no data.

It is never trained on, and no two of its pages come from one template.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from boilerkit.bench_files import LabelledPage, LabelledText, read_folder

__all__ = ["CORPUS", "HardNegative", "corpus_sha256", "read_corpus", "read_negatives"]

CORPUS: Final = Path(__file__).parent / "corpus"


@dataclass(frozen=True)
class HardNegative:
    """A sentence of an article that speaks about what chrome does."""

    text: str
    lang: str


def read_corpus(folder: Path = CORPUS) -> list[LabelledPage | LabelledText]:
    """Return all labelled pages and texts."""
    items = read_folder(folder)
    return [item for item in items if isinstance(item, (LabelledPage, LabelledText))]


def read_negatives(folder: Path = CORPUS) -> Iterator[HardNegative]:
    """Yield the hard negatives."""
    for line in (folder / "hard_negatives.jsonl").read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        yield HardNegative(record["text"], record["lang"])


def corpus_sha256(folder: Path = CORPUS) -> str:
    """Return the checksum over all files and their names: floors hold for one state only."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
