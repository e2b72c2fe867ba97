"""INPUT arguments of a run → the files behind them, what they hold and where their results go."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from boilerkit.errors import ConfigError

__all__ = ["Input", "find_inputs", "kind_by_name"]

_PAGE_KINDS: Final = {
    **dict.fromkeys((".html", ".htm", ".xhtml"), "html"),
    **dict.fromkeys((".txt", ".text", ".md", ".markdown"), "text"),
}
_RECORD_KINDS: Final = {
    **dict.fromkeys((".jsonl", ".ndjson"), "jsonl"),
    **dict.fromkeys((".parquet", ".pq"), "parquet"),
    **dict.fromkeys((".warc", ".wet"), "warc"),
}
_COMPRESSIONS: Final = {"jsonl": ("", ".gz", ".zst"), "warc": ("", ".gz", ".zst", ".lz4")}
_KNOWN: Final = (
    "html, htm, xhtml, txt, text, md, jsonl[.gz|.zst], parquet, warc[.gz|.zst|.lz4], wet"
)


@dataclass(frozen=True, slots=True)
class Input:
    """What one result file is made of.

    ``name`` is the result's path below the folder for results, without its ending. ``kind`` is
    ``pages`` (the files are pages and texts below ``path``), ``jsonl``, ``parquet`` or ``warc``.
    ``n_bytes`` is the size of all files as they lie on the disk.
    """

    name: str
    path: Path
    kind: str
    files: tuple[Path, ...]
    n_bytes: int


def kind_by_name(name: str) -> str | None:
    """Return ``html`` or ``text`` if a file's ending tells, else None."""
    return _PAGE_KINDS.get(Path(name).suffix.lower())


def find_inputs(arguments: Sequence[str], out: Path) -> list[Input]:
    """Return the inputs that the arguments name, in their order; folders are searched by path.

    The pages and texts of a folder make one input, each file of records is one of its own; other
    files in a folder are passed over. Raises ConfigError for an argument that is missing or of an
    unknown kind, a folder without inputs, one that holds `out`, and results of the same name.
    """
    inputs = [found for argument in arguments for found in _find(Path(argument), out)]
    names = {"errors"}  # of the file with the broken records
    for found in inputs:
        if found.name in names:
            raise ConfigError(f"two results would be named {found.name!r}: run them one by one")
        names.add(found.name)
    return inputs


def _find(path: Path, out: Path) -> list[Input]:
    if path.is_dir():
        found = _find_in_folder(path, out)
        if not found:
            raise ConfigError(f"{path} holds no file of a known kind: {_KNOWN}")
        return found
    if not path.is_file():
        raise ConfigError(f"no such file or folder: {path}")
    kind = "pages" if kind_by_name(path.name) else _record_kind(path)
    if kind is None:
        raise ConfigError(f"{path} is of no known kind: {_KNOWN}")
    return [_input(_stem(path.name), path, kind, (path,))]


def _find_in_folder(folder: Path, out: Path) -> list[Input]:
    if out.resolve().is_relative_to(folder.resolve()):
        raise ConfigError(f"{out} lies in the input {folder}: choose another folder for --out")
    paths = list(_walk(folder))
    pages = tuple(path for path in paths if kind_by_name(path.name))
    inputs = [_input(folder.resolve().name, folder, "pages", pages)] if pages else []
    for path in paths:
        if kind := _record_kind(path):
            below = path.relative_to(folder)
            name = (below.parent / _stem(below.name)).as_posix()
            inputs.append(_input(name, path, kind, (path,)))
    return inputs


def _walk(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder, onerror=_raise):
        folders.sort()
        yield from (Path(parent, name) for name in sorted(names))


def _raise(error: OSError) -> None:
    raise error


def _input(name: str, path: Path, kind: str, files: tuple[Path, ...]) -> Input:
    return Input(name, path, kind, files, sum(file.stat().st_size for file in files))


def _record_kind(path: Path) -> str | None:
    bare, compression = _split_compression(path.name)
    kind = _RECORD_KINDS.get(Path(bare).suffix.lower())
    return kind if kind and compression in _COMPRESSIONS.get(kind, ("",)) else None


def _split_compression(name: str) -> tuple[str, str]:
    path = Path(name)
    ending = path.suffix.lower()
    return (path.stem, ending) if ending in (".gz", ".zst", ".lz4") else (name, "")


def _stem(name: str) -> str:
    """Return a name without the endings that tell what it holds: ``a.warc.wet.gz`` is ``a``."""
    stem = _split_compression(name)[0]
    while Path(stem).suffix.lower() in (*_PAGE_KINDS, *_RECORD_KINDS):
        stem = Path(stem).stem
    return stem
