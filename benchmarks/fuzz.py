"""The process in which atheris fuzzes; ``benchmarks/guided.py`` starts it.

An input's first byte says what the rest is: a page as bytes or as str, or a text. Nothing of
boilerkit may be imported before atheris is there to count its branches.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.mutate import mutate_page, mutate_text

if TYPE_CHECKING:
    from benchmarks.checks import Checker

__all__ = ["MAX_BYTES", "STR_PAGE", "TEXT"]

#: Longer inputs reach no further code, and take longer.
MAX_BYTES: Final = 5_000
BYTES_PAGE, STR_PAGE, TEXT = range(3)


def main(arguments: Sequence[str]) -> None:
    """Fuzz with the seed and findings folder given first, and libFuzzer's options after them."""
    import atheris

    with atheris.instrument_imports(include=["boilerkit"], enable_loader_override=False):
        from benchmarks.checks import Checker

        checker = Checker()
        checker.check_page("<p>One</p>")  # imports the rest
        checker.check_text("One")
    seed, folder, *options = arguments
    reporter = _Reporter(checker, Path(folder), seed)
    atheris.Setup(["soak", *options], reporter.test, custom_mutator=_mutate)
    atheris.Fuzz()


class _Reporter:
    """Checks inputs, prints a line of JSON for each finding, and saves the first of a cause."""

    def __init__(self, checker: Checker, folder: Path, seed: str) -> None:
        self._checker = checker
        self._folder = folder
        self._seed = seed
        self._number = 0
        self._known: set[str] = set()

    def test(self, data: bytes) -> None:
        """Check one input; atheris ends at an exception, so none is let through."""
        from benchmarks.checks import describe
        from benchmarks.soak import save_finding

        self._number += 1
        value = _decode(data)
        try:
            if data[:1] == bytes([TEXT]):
                self._checker.check_text(str(value), thorough=False)
            else:
                self._checker.check_page(value, thorough=False)
        except Exception as error:  # whatever it is, it is what the run is looking for
            found = describe(error)
            if found.key not in self._known:
                self._known.add(found.key)
                save_finding(self._folder, found, f"guided-{self._seed}-{self._number}", value)
            print(json.dumps({"key": found.key, "number": self._number}), flush=True)


def _decode(data: bytes) -> str | bytes:
    """Return what an input stands for: bytes, or str with a lone surrogate for each wrong byte."""
    kind, rest = data[:1], data[1:]
    if kind in (bytes([STR_PAGE]), bytes([TEXT])):
        return rest.decode("utf-8", "surrogateescape")
    return rest


def _mutate(data: bytes, max_size: int, seed: int) -> bytes:
    """Change an input as libFuzzer does, or as the rest of the soak does."""
    import atheris

    rng = random.Random(seed)
    kind, rest = data[:1] or bytes([rng.randrange(3)]), data[1:]
    if rng.random() < 0.5:
        changed: bytes = atheris.Mutate(rest, max_size - 1) if rest else b"<p>"
    elif kind == bytes([TEXT]):
        text = rest.decode("utf-8", "replace")
        changed = mutate_text(rng, text, text).encode("utf-8", "surrogatepass")
    else:
        changed = mutate_page(rng, rest, rest)
    return (kind + changed)[:max_size]


if __name__ == "__main__":
    main(sys.argv[1:])
