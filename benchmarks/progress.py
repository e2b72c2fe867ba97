"""A progress bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from typing import Final, TextIO, TypeVar

__all__ = ["Progress", "track"]

T = TypeVar("T")

_WIDTH: Final = 30
#: Seconds between two drawings of the bar, and between two plain lines.
_REDRAW_SECONDS: Final = 0.1
_LOG_SECONDS: Final = 30.0


class Progress:
    """Counts what is done of a total that may be unknown, and says so on stderr."""

    def __init__(self, title: str, unit: str = "", stream: TextIO | None = None) -> None:
        self._title = title
        self._unit = f" {unit}" if unit else ""
        self._stream = stream or sys.stderr
        self._terminal = self._stream.isatty()
        self._total: int | None = None
        self._done = self._first = 0
        self._begun = self._drawn = time.monotonic()

    def start(self, total: int | None, done: int = 0) -> None:
        """Begin with `done` of `total` behind us."""
        self._total, self._done, self._first = total, done, done
        self._begun = self._drawn = time.monotonic()

    def advance(self, count: int = 1) -> None:
        """Count on, and draw if it is time."""
        self._done += count
        now = time.monotonic()
        if now - self._drawn >= (_REDRAW_SECONDS if self._terminal else _LOG_SECONDS):
            self._drawn = now
            self._draw(now)

    def finish(self) -> None:
        """Draw the last state and end the line."""
        self._draw(time.monotonic())
        if self._terminal:
            self._stream.write("\n")
        self._stream.flush()

    def _draw(self, now: float) -> None:
        text = f"{self._title}: {self._done:,}"
        if self._total:
            text += f" of {self._total:,}{self._unit} {self._bar()} {self._left(now)}"
        else:
            text += self._unit
        self._stream.write(f"\r{text}\x1b[K" if self._terminal else f"{text}\n")
        self._stream.flush()

    def _bar(self) -> str:
        filled = round(_WIDTH * self._done / (self._total or 1)) if self._terminal else 0
        return f"[{'#' * filled}{'.' * (_WIDTH - filled)}]" if self._terminal else ""

    def _left(self, now: float) -> str:
        gained = self._done - self._first
        if not gained or not self._total:
            return ""
        seconds = (now - self._begun) * (self._total - self._done) / gained
        return f"{int(seconds) // 60}:{int(seconds) % 60:02d} left"


def track(items: Sequence[T], title: str, unit: str = "pages") -> Iterator[T]:
    """Yield the items under a progress bar."""
    progress = Progress(title, unit)
    progress.start(len(items))
    for item in items:
        yield item
        progress.advance()
    progress.finish()
