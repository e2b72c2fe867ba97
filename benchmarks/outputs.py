"""Outputs of the measured extractors: run once in worker processes, then read from a cache.

An output is keyed by system, package version, the adapter's own code and the page's checksum, so
that whatever could change it makes it run again, and nothing else does.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sqlite3
import subprocess
import threading
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, cast

from benchmarks.systems import SYSTEMS, fingerprint
from benchmarks.worker import LENGTH

__all__ = [
    "CHECKOUT",
    "Answer",
    "OutputCache",
    "Peer",
    "Worker",
    "collect",
    "find_peers",
    "worker_environment",
]

#: CPU seconds that one page may take; the slowest library needs half a second on average.
PAGE_LIMIT_SECONDS: Final = 60.0
#: Clock time allowed for the same, as a multiple: ends a worker that waits instead of computing.
_CLOCK_FACTOR: Final = 10.0
#: Where the workers find this package.
CHECKOUT: Final = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Answer:
    """What a system made of a page; ``text`` is empty unless ``status`` is ``ok``.

    ``status`` is ``ok``, ``crash`` or ``time-out``; ``detail`` is the error's first 300 characters.
    """

    status: str
    text: str = ""
    detail: str = ""

    @property
    def lacks_package(self) -> bool:
        """Whether the system crashed for want of a package: a fault of the installation."""
        return self.detail.startswith(("ImportError:", "ModuleNotFoundError:"))


@dataclass(frozen=True)
class Peer:
    """A system with the interpreter that has it installed."""

    name: str
    version: str
    python: str

    @property
    def key(self) -> str:
        """Name, version and code hash: what an output depends on beside the page."""
        return f"{self.name} {self.version} {fingerprint(SYSTEMS[self.name])}"


def find_peers(pythons: Sequence[str]) -> dict[str, Peer]:
    """Return every system that one of the interpreters has installed, the first one winning."""
    peers: dict[str, Peer] = {}
    for python in pythons:
        command = [python, "-m", "benchmarks.worker", "--versions"]
        listing = subprocess.run(
            command, cwd=CHECKOUT, env=worker_environment(), check=True, capture_output=True
        )
        for name, version in json.loads(listing.stdout).items():
            if version is not None and name not in peers:
                peers[name] = Peer(name, version, python)
    return peers


def worker_environment() -> dict[str, str]:
    """Return the environment without what would make results depend on the caller's shell."""
    dropped = {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"}
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return kept | {"PYTHONHASHSEED": "0", "PYTHONIOENCODING": "utf-8"}


class Worker:
    """One system in a process of its own, started anew after a page that killed it."""

    def __init__(self, peer: Peer, limit_seconds: float = PAGE_LIMIT_SECONDS) -> None:
        self._command = [peer.python, "-m", "benchmarks.worker", peer.name, str(limit_seconds)]
        self._clock_limit = limit_seconds * _CLOCK_FACTOR
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Worker:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()

    def run(self, html: bytes) -> Answer:
        """Return the system's answer; a dead worker is an answer too."""
        process = self._process or self._start()
        timer = threading.Timer(self._clock_limit, process.kill)
        timer.start()
        try:
            line = _exchange(process, html)
        finally:
            timer.cancel()
        if not line.endswith(b"\n"):
            return self._bury(process)
        return Answer(**json.loads(line))

    def _start(self) -> subprocess.Popen[bytes]:
        self._process = subprocess.Popen(
            self._command,
            cwd=CHECKOUT,
            env=worker_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        return self._process

    def _bury(self, process: subprocess.Popen[bytes]) -> Answer:
        self._process = None
        process.communicate()
        code = process.returncode
        if code in (-signal.SIGPROF, -signal.SIGKILL):
            return Answer("time-out", detail=signal.Signals(-code).name)
        return Answer("crash", detail=f"the process ended with code {code}")


def _exchange(process: subprocess.Popen[bytes], html: bytes) -> bytes:
    pages, answers = cast(BinaryIO, process.stdin), cast(BinaryIO, process.stdout)
    try:
        pages.write(LENGTH.pack(len(html)) + html)
        pages.flush()
    except BrokenPipeError:
        return b""
    return answers.readline()


class OutputCache:
    """Answers on disk, in one SQLite file; several processes may use it at once."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(folder / "outputs.sqlite", timeout=60)
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS outputs (system TEXT, page TEXT, status TEXT, text BLOB,"
            " detail TEXT, PRIMARY KEY (system, page)) WITHOUT ROWID"
        )

    def get(self, key: str, html: bytes) -> Answer | None:
        row = self._database.execute(
            "SELECT status, text, detail FROM outputs WHERE system = ? AND page = ?",
            (key, _checksum(html)),
        ).fetchone()
        if row is None:
            return None
        text = zlib.decompress(row[1]).decode("utf-8", "surrogatepass")
        return Answer(row[0], text, row[2])

    def put(self, key: str, html: bytes, answer: Answer) -> None:
        text = zlib.compress(answer.text.encode("utf-8", "surrogatepass"))
        with self._database:
            self._database.execute(
                "INSERT OR REPLACE INTO outputs VALUES (?, ?, ?, ?, ?)",
                (key, _checksum(html), answer.status, text, answer.detail),
            )


def _checksum(html: bytes) -> str:
    return hashlib.sha256(html).hexdigest()


def collect(peer: Peer, pages: Iterable[bytes], cache: OutputCache) -> Iterator[Answer]:
    """Yield the peer's answer to each page, in order, running it only where none is cached.

    Where a package was missing it runs again: it may have been installed since.
    """
    with Worker(peer) as worker:
        for html in pages:
            answer = cache.get(peer.key, html)
            if answer is None or answer.lacks_package:
                answer = worker.run(html)
                cache.put(peer.key, html, answer)
            yield answer
