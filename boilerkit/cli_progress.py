"""How far a run is: a bar on a terminal, where tqdm is installed, and plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from boilerkit.cli_messages import complain

__all__ = ["shown_progress"]

_SECONDS_BETWEEN_LINES: Final = 10.0


@contextmanager
def shown_progress(n_bytes: int) -> Iterator[Callable[[int, int], None]]:
    """Give what takes the bytes read so far, of `n_bytes`, and how many records more are done."""
    if not sys.stderr.isatty():
        yield _Lines(n_bytes)
        return
    try:
        from tqdm import tqdm
    except ImportError:
        yield _Lines(n_bytes)
        return
    with tqdm(total=n_bytes, unit="B", unit_scale=True) as bar:
        yield _Bar(bar)


class _Bar:
    """A bar of the bytes with their rate and the time left, and the records a second."""

    def __init__(self, bar: Any) -> None:
        self._bar = bar
        self._n_records = 0
        self._start = time.monotonic()

    def __call__(self, position: int, n_records: int) -> None:
        self._n_records += n_records
        rate = self._n_records / max(time.monotonic() - self._start, 1e-3)
        records = f"{self._n_records:,} records, {rate:,.0f}/s"
        self._bar.set_postfix_str(records, refresh=False)
        self._bar.update(max(position - self._bar.n, 0))


class _Lines:
    """One line every few seconds."""

    def __init__(self, n_bytes: int) -> None:
        self._n_bytes = max(n_bytes, 1)
        self._n_records = 0
        self._start = self._last = time.monotonic()
        self._first: int | None = None

    def __call__(self, position: int, n_records: int) -> None:
        if self._first is None:
            self._first = position  # what an earlier run has done took this one no time
        self._n_records += n_records
        now = time.monotonic()
        if now - self._last < _SECONDS_BETWEEN_LINES:
            return
        self._last = now
        seconds = now - self._start
        left = (self._n_bytes - position) * seconds / max(position - self._first, 1)
        complain(
            f"{self._n_records:,} records, {self._n_records / seconds:,.0f} a second, "
            f"{position / self._n_bytes:.0%} read, {_duration(left)} left"
        )


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 1:
        return "less than a minute"
    return f"{minutes} min" if minutes < 100 else f"{round(minutes / 60)} h"
