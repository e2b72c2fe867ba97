"""The process in which one input is measured: nothing else has run in it, so its peak is its own.

``python -m benchmarks.gauge NAME FILE`` reads the input that the shape NAME made and writes what it
measured as JSON to stdout.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from benchmarks.memory import peak_mb
from benchmarks.shapes import SHAPES, Shape
from boilerkit import CleanConfig, Cleaner
from boilerkit.labels import Role

__all__ = ["CPU_LIMIT_SECONDS", "measure"]

#: What hangs is ended; what takes so long has failed at any size.
CPU_LIMIT_SECONDS: Final = 600
#: Short runs are repeated, up to so often, until they have run over so many bytes; the best counts.
_ROUNDS: Final = 5
_ROUNDS_BYTES: Final = 1_000_000
_PAGE: Final = "<title>t</title><h1>Title</h1><p>A page that loads what is loaded on first use.</p>"


def main() -> None:
    """Measure one input, within limits on time and memory."""
    name, path = sys.argv[1:]
    data = Path(path).read_bytes()
    # a runaway must not take the machine with it: far beyond what is allowed, MemoryError
    limit = 60 * len(data) + 4_000_000_000
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_LIMIT_SECONDS, CPU_LIMIT_SECONDS))
    json.dump(measure(SHAPES[name], data), sys.stdout)


def measure(shape: Shape, data: bytes) -> dict[str, Any]:
    """Return ``seconds`` (CPU), ``peak_mb`` (of this process, so far), ``lost`` and ``truncated``.

    ``lost`` are the marker words that did not come out; ``truncated`` is where the document says
    that it was cut, asked for only if words were lost.
    """
    size = len(data)
    # nothing is dropped by its label or role, so that no marker word is missing by right
    config = CleanConfig(
        drop=[], roles=list(Role), max_bytes=None, split_sentences=shape.call == "split"
    )
    cleaner = Cleaner(config=config)
    cleaner.extract(_PAGE)
    run: Callable[[Any], str] = cleaner.extract if shape.call == "extract" else cleaner.clean
    given: Any = data
    if shape.call != "extract" or shape.as_text:
        given = data.decode("utf-8", "surrogatepass")
    del data
    times = []
    for _ in range(max(1, min(_ROUNDS, _ROUNDS_BYTES // size))):
        begun = time.process_time()
        text = run(given)
        times.append(time.process_time() - begun)
    peak = peak_mb()
    lost = [word for word in shape.markers if word not in text]
    truncated = None
    if lost:
        read = cleaner.classify_html if shape.call == "extract" else cleaner.classify_text
        truncated = read(given).truncated
    return {"seconds": min(times), "peak_mb": peak, "lost": lost, "truncated": truncated}


if __name__ == "__main__":
    main()
