"""The process in which one extractor runs: pages in on stdin, answers out on stdout.

Started by :mod:`benchmarks.outputs` with the interpreter that has the extractor installed, which
need not have boilerkit. Each request is a page's length in 8 bytes and the page; each answer is
one line of JSON. A page that takes more than the limit of CPU seconds ends the process (SIGPROF):
CPU time rather than clock time, so that a busy machine changes no result.
"""

from __future__ import annotations

import json
import os
import signal
import struct
import sys
from typing import BinaryIO

from benchmarks.systems import SYSTEMS, System, installed_version

__all__ = ["LENGTH"]

LENGTH = struct.Struct(">Q")


def main() -> None:
    """Serve one system until stdin ends; arguments: system name, limit in CPU seconds."""
    if sys.argv[1:] == ["--versions"]:
        print(json.dumps({name: installed_version(system) for name, system in SYSTEMS.items()}))
        return
    name, limit = sys.argv[1], float(sys.argv[2])
    with _private_stdout() as answers:
        _serve(SYSTEMS[name], limit, sys.stdin.buffer, answers)


def _private_stdout() -> BinaryIO:
    """Return the real stdout and point file descriptor 1 at stderr: libraries print."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers


def _serve(system: System, limit: float, pages: BinaryIO, answers: BinaryIO) -> None:
    while head := pages.read(LENGTH.size):
        html = pages.read(LENGTH.unpack(head)[0])
        signal.setitimer(signal.ITIMER_PROF, limit)
        answer = _answer(system, html)
        signal.setitimer(signal.ITIMER_PROF, 0)
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()


def _answer(system: System, html: bytes) -> dict[str, str]:
    try:
        return {"status": "ok", "text": system.extract(html)}
    except Exception as error:  # a crash of a measured library is a result, not our error
        return {"status": "crash", "detail": f"{type(error).__name__}: {error}"[:300]}


if __name__ == "__main__":
    main()
