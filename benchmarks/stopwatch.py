"""The process in which times are taken: every system on every page, page by page in turn.

Runs with the interpreter that has the systems installed, so it needs neither boilerkit nor the
rest of the suite. Reads a job as JSON from stdin, writes what it measured as JSON to stdout.
"""

from __future__ import annotations

import gzip
import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from benchmarks.memory import peak_mb
from benchmarks.systems import SYSTEMS

__all__ = ["YARDSTICK"]

#: What every time is compared with: one lxml parse of the same bytes.
YARDSTICK: Final = "lxml"
#: Pages run before the clock counts: imports and lazily loaded models are not the page's cost.
_WARM_UP_PAGES: Final = 5


def main() -> None:
    """Time the job's systems on its pages.

    The job: ``systems`` (names) and ``pages`` (paths). The answer: ``milliseconds``, per system one
    number a page (a page on which it raised counts with the time until then), and ``peak_mb``.
    """
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # libraries print
    json.dump(_measure(json.load(sys.stdin)), answers)


def _measure(job: dict[str, Any]) -> dict[str, Any]:
    runners = {name: _runner(name) for name in job["systems"]}
    for path in job["pages"][:_WARM_UP_PAGES]:
        for run in runners.values():
            _time(run, _read(path))
    milliseconds: dict[str, list[float]] = {name: [] for name in runners}
    names = list(runners)
    for number, path in enumerate(job["pages"]):
        html = _read(path)
        # a different one goes first on each page, so that none always finds the cache warm
        start = number % len(names)
        for name in names[start:] + names[:start]:
            milliseconds[name].append(_time(runners[name], html))
    peak = peak_mb()
    return {"milliseconds": milliseconds, "peak_mb": peak}


def _time(run: Callable[[bytes], object], html: bytes) -> float:
    begun = time.perf_counter()
    with suppress(Exception):  # crashes are counted with the accuracy, here only their time is
        run(html)
    return (time.perf_counter() - begun) * 1000


def _read(path: str) -> bytes:
    content = Path(path).read_bytes()
    return gzip.decompress(content) if path.endswith(".gz") else content


def _runner(name: str) -> Callable[[bytes], object]:
    if name == YARDSTICK:
        _parse(b"<p>x")  # an interpreter without lxml must fail here, not be timed as it fails
        return _parse
    if name == "boilerkit":
        import boilerkit

        return boilerkit.extract
    if name == "boilerkit-heuristic":
        from boilerkit import Cleaner

        return Cleaner(model="heuristic").extract
    return SYSTEMS[name].extract


def _parse(html: bytes) -> object:
    import lxml.html

    parser = lxml.html.HTMLParser(huge_tree=True)
    return lxml.html.document_fromstring(html, parser=parser)


if __name__ == "__main__":
    main()
