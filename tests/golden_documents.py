"""What the packaged model says of pages and texts of the corpus, stored: every machine must agree.

``python -m tests.golden_documents`` writes golden/documents.json anew: run it whenever the packaged
model or the corpus has changed. It takes the documents that any installation must read and decide
alike: HTML that is closed as it was opened, characters that every Python knows, no score near a cut.
"""

from __future__ import annotations

import html.parser
import json
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from benchmarks.corpus import read_corpus
from boilerkit import Cleaner, Document, Label
from boilerkit.backends import DEFAULT_MODEL
from boilerkit.bench_files import LabelledPage, LabelledText
from boilerkit.text_lines import fold_line

GOLDEN = Path(__file__).parent / "golden" / "documents.json"

#: A score that is no further from a cut might be on the other side of it elsewhere.
MIN_DISTANCE = 1e-3
#: What scores may be off by: sums in another order, exponentials of another make.
TOLERANCE = 1e-5
#: Pages to store, and texts.
N_OF_KIND = 16

Source = LabelledPage | LabelledText

#: What the cuts of each folder of the corpus are called.
_KINDS = {"pages": "html", "texts": "text"}

_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())


class _TagReader(html.parser.HTMLParser):
    """Looks whether every element is closed, innermost first."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.is_sound = True

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.open[-1:] == [tag]:
            self.open.pop()
        else:
            self.is_sound = False


def is_well_formed(page: str) -> bool:
    """Return whether every start tag has its end tag, in the right order."""
    reader = _TagReader()
    reader.feed(page)
    reader.close()
    return reader.is_sound and not reader.open


def is_old(text: str) -> bool:
    """Return whether all characters are in Unicode 3.2: the rest may be news to some Python."""
    return all(unicodedata.ucd_3_2_0.category(char) != "Cn" for char in text)


def is_fit(item: Source) -> bool:
    """Return whether every installation must read a page or text alike."""
    text = source_text(item)
    return is_old(text) and (isinstance(item, LabelledText) or is_well_formed(text))


def source_text(item: Source) -> str:
    """Return what is given to boilerkit."""
    return item.text if isinstance(item, LabelledText) else item.path.read_text(encoding="utf-8")


def classify(cleaner: Cleaner, item: Source) -> Document:
    """Return what the cleaner says of a page or text."""
    text = source_text(item)
    is_text = isinstance(item, LabelledText)
    return cleaner.classify_text(text) if is_text else cleaner.classify_html(text)


def distance(cleaner: Cleaner, name: str, document: Document) -> float:
    """Return how near a score of the page or text of that name comes to any cut."""
    cuts = cleaner.backend.cuts[_KINDS[name.partition("/")[0]]].values()
    worded = [line for line in document.lines if line.label is not Label.EMPTY]
    return min(
        (abs(line.score - cut.of(fold_line(line.text))) for line in worded for cut in cuts),
        default=1.0,
    )


def choose(cleaner: Cleaner) -> dict[str, Document]:
    """Return documents by name, of many languages, those first that are furthest from any cut."""
    documents = {item.name: classify(cleaner, item) for item in read_corpus() if is_fit(item)}
    away = {name: distance(cleaner, name, document) for name, document in documents.items()}
    fit = sorted(away, key=away.__getitem__, reverse=True)
    chosen = []
    for folder in _KINDS:
        names = [name for name in fit if name.startswith(folder) and away[name] > MIN_DISTANCE]
        chosen += _language_by_language(names)[:N_OF_KIND]
    return {name: documents[name] for name in sorted(chosen)}


def _language_by_language(names: Sequence[str]) -> list[str]:
    """Return the first of each language, then the second of each, and so on."""
    seen: Counter[str] = Counter()
    ranks = {}
    for name in names:
        language = Path(name).name[:2]
        ranks[name] = seen[language]
        seen[language] += 1
    return sorted(names, key=ranks.__getitem__)


def record(document: Document) -> dict[str, Any]:
    """Return what is stored of a document."""
    return {
        "text": document.text,
        "labels": [line.label.value for line in document.lines],
        "scores": [round(line.score, 7) for line in document.lines],
    }


def differences(stored: Mapping[str, Any], cleaner: Cleaner) -> list[str]:
    """Return what is another now than it was when it was stored, a line each."""
    items = {item.name: item for item in read_corpus()}
    found = []
    for name, old in stored.items():
        new = record(classify(cleaner, items[name]))
        found += [f"{name}: other {key}" for key in ("text", "labels") if new[key] != old[key]]
        pairs = list(zip(old["scores"], new["scores"], strict=False))
        furthest = max((abs(before - now) for before, now in pairs), default=0.0)
        if furthest > TOLERANCE or len(old["scores"]) != len(new["scores"]):
            found.append(f"{name}: scores off by up to {furthest:.2g}")
    return found


def packaged_model() -> str:
    """Return the checksum of the packaged model's settings, weights and all."""
    config = resources.files("boilerkit") / "data" / DEFAULT_MODEL / "config.json"
    return str(json.loads(config.read_text(encoding="utf-8"))["config_sha256"])


def read_golden() -> dict[str, Any]:
    """Return what is stored: ``model``, its checksum, and ``documents`` by name."""
    stored: dict[str, Any] = json.loads(GOLDEN.read_text(encoding="utf-8"))
    return stored


def main() -> None:
    """Write the file."""
    lines = [
        f"  {json.dumps(name)}: {json.dumps(record(document), ensure_ascii=False)}"
        for name, document in choose(Cleaner()).items()
    ]
    head = f'{{\n "model": "{packaged_model()}",\n "documents": {{\n'
    GOLDEN.write_text(head + ",\n".join(lines) + "\n }\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
