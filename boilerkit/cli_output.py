"""Results → standard output or one file an input in a folder; always UTF-8, never translated."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from boilerkit.cli_input import STDIN, kind_by_name
from boilerkit.errors import ConfigError

__all__ = ["STDOUT", "Folder", "Screen", "open_folder", "screen", "write_file", "write_stdout"]

STDOUT = "-"


@dataclass(frozen=True, slots=True)
class Screen:
    """Where a table is shown: its width in columns and whether it takes colours."""

    width: int
    colour: bool


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder for results; ``targets`` maps each input's name to its result's path."""

    targets: dict[str, Path]

    def write(self, name: str, result: str) -> None:
        """Write the result of the input `name`."""
        write_file(self.targets[name], result)


def open_folder(folder: Path, names: Sequence[str], ending: str | None) -> Folder:
    """Create the folder and choose the path of each input's result in it.

    ending: what the results' names end with, in place of a known ending of the input; None keeps
    the names of text files and gives pages ``.txt``.

    Raises ConfigError when two results would share a path or one would overwrite an input.
    """
    inputs = {Path(name).resolve() for name in names if name != STDIN}
    targets: dict[str, Path] = {}
    for name in dict.fromkeys(names):
        target = folder / _result_name(name, ending)
        if target.resolve() in inputs:
            raise ConfigError(f"{target} is an input: choose another folder for --out")
        if target in targets.values():
            raise ConfigError(f"two results would be written to {target}: run them one by one")
        targets[name] = target
    folder.mkdir(parents=True, exist_ok=True)
    return Folder(targets)


def screen(*, to_stdout: bool) -> Screen:
    """Return the terminal's width ($COLUMNS, else its own, else 80) and whether to colour.

    Colours are for a terminal on standard output, unless $NO_COLOR is set or $TERM is ``dumb``.
    """
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    colour = to_stdout and sys.stdout.isatty() and not plain
    return Screen(shutil.get_terminal_size().columns, colour)


def write_file(path: Path, result: str) -> None:
    """Write a result to a file."""
    path.write_bytes(_encode(result))


def write_stdout(result: str) -> None:
    """Write a result to standard output at once.

    Raises BrokenPipeError when the reader went away, OSError when the disk is full.
    """
    try:
        sys.stdout.buffer.write(_encode(result))
        sys.stdout.buffer.flush()
    except OSError:
        # The interpreter would try to write the rest once more at its end, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise


def _encode(result: str) -> bytes:
    # A page's data can hold lone surrogates, which no encoding has.
    return result.encode("utf-8", "replace")


def _result_name(name: str, ending: str | None) -> str:
    if name == STDIN:
        return f"stdin{ending or '.txt'}"
    path = Path(name)
    kind = kind_by_name(name)
    if ending is None and kind != "html":
        return path.name
    return (path.name if kind is None else path.stem) + (ending or ".txt")
