"""A user's own labelled documents: pages and texts beside a labels file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from boilerkit.decode import decode_html, decode_text
from boilerkit.errors import ConfigError
from boilerkit.features import KINDS
from boilerkit.html_lines import read_html
from boilerkit.labels import Label
from boilerkit.page_lines import PageLines
from boilerkit.text_features import IntArray
from boilerkit.text_lines import read_text
from boilerkit.user_labels import LABELS_FILE, LineLabel, find_mismatches, read_labels

__all__ = ["OwnDocument", "read_documents"]

_PAGE_ENDINGS = (".html", ".htm", ".xhtml")


@dataclass(frozen=True, slots=True)
class OwnDocument:
    """A document with the labels of some of its lines.

    ``kind`` is ``html`` or ``text``; ``group`` names its site: the subfolder that it lies in, if
    any. ``texts`` are its lines as the model reads them, for a page those of ``page``; ``lines``
    holds the (n,) indices into them of the labelled lines and ``labels`` their (n,) indices into
    KINDS.
    """

    name: str
    group: str
    kind: str
    page: PageLines | None
    texts: list[str]
    lines: IntArray
    labels: IntArray


def read_documents(path: Path) -> tuple[list[OwnDocument], list[str]]:
    """Return the documents of a labels file, or of the folder that holds one, sorted by name.

    The second value has a message for each label that was left out because its line has changed.
    Raises ConfigError for a labels file that is missing or broken and for a missing document.
    """
    file = path / LABELS_FILE if path.is_dir() else path
    if not file.is_file():
        raise ConfigError(f"no labels: {file} is not there; make it with `boilerkit annotate`")
    documents, mismatches = [], []
    for name, labels in sorted(read_labels(file).items()):
        source = file.parent / name
        if not source.is_file():
            raise ConfigError(f"{file} labels {name}, which is not beside it")
        document, changed = _read_document(name, source, labels)
        mismatches += changed
        if len(document.lines):
            documents.append(document)
    return documents, mismatches


def _read_document(
    name: str, source: Path, labels: dict[int, LineLabel]
) -> tuple[OwnDocument, list[str]]:
    page: PageLines | None = None
    if source.suffix.lower() in _PAGE_ENDINGS:
        page = read_html(decode_html(source.read_bytes()))[0]
        raw = texts = page.texts
        place = {line: line for line in range(len(raw))}
    else:
        text = read_text(decode_text(source.read_bytes()))
        raw, texts = text.raw, text.words
        place = {line: row for row, line in enumerate(text.index)}
    mismatches = find_mismatches(labels, raw)
    known = {
        place[number - 1]: KINDS.index(label.label)
        for number, label in sorted(labels.items())
        if number - 1 in place
        and label.label is not Label.EMPTY
        and not find_mismatches({number: label}, raw)
    }
    return OwnDocument(
        name=name,
        group=name.partition("/")[0] if "/" in name else "",
        kind="text" if page is None else "html",
        page=page,
        texts=list(texts),
        lines=np.array(list(known), np.int64),
        labels=np.array(list(known.values()), np.int64),
    ), mismatches
