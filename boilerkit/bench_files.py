"""A user's own labels for ``boilerkit bench``: which files stand for what.

The formats are documented in ``docs/benchmark.md``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from boilerkit.errors import ConfigError
from boilerkit.labels import Label
from boilerkit.user_labels import LABELS_FILE, LineLabel, read_labels

__all__ = [
    "FORMATS",
    "AnnotatedDocument",
    "LabelledPage",
    "LabelledText",
    "read_folder",
]

T = TypeVar("T")

_PAGE_ENDINGS: Final = (".html", ".htm", ".xhtml")
_LABELS_ENDING: Final = ".labels.json"
#: The files that make an item, for messages.
FORMATS: Final = (
    f"NAME.html with NAME.txt or NAME.json, NAME.txt with NAME{_LABELS_ENDING},"
    f" or {LABELS_FILE} from `boilerkit annotate`"
)


@dataclass(frozen=True, slots=True)
class LabelledPage:
    """A page with what should come out of it.

    Either ``expected`` is its main text, or ``lines`` and ``labels`` are its visible lines in
    reading order.
    """

    name: str
    path: Path
    expected: str | None = None
    lines: tuple[str, ...] = ()
    labels: tuple[Label, ...] = ()


@dataclass(frozen=True, slots=True)
class LabelledText:
    r"""An extracted text with one label for each of its lines, split at ``\n`` only.

    The empty line after a final ``\n`` is a line too; in a file its label may be left out.
    """

    name: str
    text: str
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class AnnotatedDocument:
    """A page or text of which some lines are labelled, by number from 1, as ``annotate`` saves it.

    ``is_page`` tells HTML from text.
    """

    name: str
    path: Path
    labels: Mapping[int, LineLabel]

    @property
    def is_page(self) -> bool:
        return self.path.suffix.lower() in _PAGE_ENDINGS


def read_folder(folder: Path) -> Iterator[LabelledPage | LabelledText | AnnotatedDocument]:
    """Yield the labelled pages and texts below a folder, sorted by path.

    What a ``labels.jsonl`` labels is scored by these labels alone, whatever else lies beside it.
    Raises ConfigError for a folder that is missing and for files that do not fit together.
    """
    if not folder.is_dir():
        raise ConfigError(f"no such folder: {folder}")
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    annotated = _read_annotated(folder, [path for path in paths if path.name == LABELS_FILE])
    for path in paths:
        name = path.relative_to(folder).as_posix()
        if path in annotated:
            yield annotated[path]
        elif path.suffix.lower() in _PAGE_ENDINGS:
            yield _read_page(name, path)
        elif path.name.endswith(_LABELS_ENDING) and _labelled_by(path) not in annotated:
            yield _read_text(name, path)


def _read_annotated(folder: Path, files: Sequence[Path]) -> dict[Path, AnnotatedDocument]:
    """Return the documents that labels files label, by path; of two labels files the last counts.

    Raises ConfigError for a document that is not below the folder.
    """
    found = {}
    for file in files:
        for doc, labels in read_labels(file).items():
            path = file.parent / doc
            if ".." in path.relative_to(file.parent).parts or not path.is_file():
                raise ConfigError(f"{file} labels {doc}, which is not beside it")
            found[path] = AnnotatedDocument(path.relative_to(folder).as_posix(), path, labels)
    return found


def _read_page(name: str, path: Path) -> LabelledPage:
    expected, labelled = path.with_suffix(".txt"), path.with_suffix(".json")
    if labelled.is_file():
        return _parse(labelled, lambda data: _labelled_page(name, path, data))
    if expected.is_file():
        return LabelledPage(name, path, expected=_read_utf8(expected))
    raise ConfigError(
        f"{path} has neither {expected.name} nor {labelled.name} beside it, and no"
        f" {LABELS_FILE} labels it"
    )


def _labelled_page(name: str, path: Path, data: Any) -> LabelledPage:
    return LabelledPage(
        name,
        path,
        lines=tuple(_text(line["text"]) for line in data["lines"]),
        labels=tuple(Label(line["label"]) for line in data["lines"]),
    )


def _read_text(name: str, path: Path) -> LabelledText:
    text_path = _labelled_by(path)
    if not text_path.is_file():
        raise ConfigError(f"{path} labels {text_path.name}, which is not there")
    text = _read_utf8(text_path)
    labels = _parse(path, lambda data: tuple(Label(label) for label in data["labels"]))
    missing = text.count("\n") + 1 - len(labels)
    if missing == 1 and text.endswith("\n"):
        labels = (*labels, Label.EMPTY)
    elif missing:
        raise ConfigError(
            f"{path} holds {len(labels)} labels for the {len(labels) + missing} lines of"
            f" {text_path.name} (split at every \\n)"
        )
    return LabelledText(name.removesuffix(_LABELS_ENDING), text, labels)


def _labelled_by(labels: Path) -> Path:
    """Return the path of the text that a ``.labels.json`` labels."""
    return labels.with_name(labels.name.removesuffix(_LABELS_ENDING) + ".txt")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"a line's text must be a string, not {value!r}")
    return value


def _read_utf8(path: Path) -> str:
    # bytes: reading as text would turn \r\n into \n
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8: {error}") from error


def _parse(path: Path, read: Callable[[Any], T]) -> T:
    text = _read_utf8(path)
    try:
        return read(json.loads(text))
    except KeyError as error:
        raise ConfigError(f"{path}: the key {error} is missing") from error
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{path}: {error}") from error
