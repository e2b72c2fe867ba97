"""Runs that are killed at random and started again, and runs over more than fits into memory.

``BOILERKIT_KILLS`` and ``BOILERKIT_WARC_MB`` make them larger, as ``.ci/full`` does.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from archives import page, snapshot, warc_record, write_all_kinds
from required import require

import boilerkit

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="reads /proc"),
]

N_KILLS = int(os.environ.get("BOILERKIT_KILLS", "6"))
WARC_MB = int(os.environ.get("BOILERKIT_WARC_MB", "100"))
MAX_MEMORY_MB = 500
# After this many seconds a run is not slow but hangs, or has left a worker behind.
MAX_SECONDS = 900
# Chunks so small that every run has many of them.
PROGRAM = (
    "import sys, boilerkit.run\n"
    "boilerkit.run._CHUNK_RECORDS = {}\n"
    "from boilerkit.cli import main\n"
    "sys.exit(main())"
)


def start(chunk: int, *arguments: str | Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(Path(boilerkit.__file__).parents[1])}
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(chunk), "run", *map(str, arguments)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=environment,
    )


def wait(process: subprocess.Popen[bytes]) -> str:
    """Wait for the end of a run and of all its workers and return what it said."""
    try:
        return process.communicate(timeout=MAX_SECONDS)[1].decode()
    finally:
        process.kill()


def finish(process: subprocess.Popen[bytes]) -> None:
    said = wait(process)
    assert all("% read" in line for line in said.splitlines()), said  # how far it was
    assert process.returncode == 0


def children(pid: int) -> Iterator[int]:
    """Yield the processes below one, the nearest first."""
    try:
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        return
    for child in map(int, found):
        yield child
        yield from children(child)


def test_a_run_that_is_killed_at_random_ends_with_the_same_bytes(
    toy_folder: Path, tmp_path: Path
) -> None:
    require("fastwarc")
    require("pyarrow")
    rng = random.Random(20310504)
    inputs = write_all_kinds(tmp_path / "in", 60)
    for format in ("jsonl", "parquet"):
        options = [*inputs, "--format", format, "--model", toy_folder]
        begin = time.monotonic()
        finish(start(16, *options, "--jobs", "2", "--out", tmp_path / f"{format}-calm"))
        seconds = time.monotonic() - begin
        calm = snapshot(tmp_path / f"{format}-calm")
        assert {name.split(".")[0] for name in calm} == {
            "crawl",
            "errors",
            "rows",
            "run",
            "site",
            "table",
        }
        n_finished = n_kills = 0
        out = tmp_path / f"{format}-0"
        while n_kills < N_KILLS:
            process = start(16, *options, "--jobs", str(rng.choice((1, 2))), "--out", out)
            time.sleep(rng.uniform(0, seconds))
            victims = [process.pid, *children(process.pid)]
            # mostly the run itself; else one of its workers, which must not change anything
            victim = victims[0] if rng.random() < 0.8 else rng.choice(victims)
            try:
                os.kill(victim, signal.SIGKILL)
                n_kills += process.poll() is None or process.returncode == -signal.SIGKILL
            except ProcessLookupError:
                pass
            wait(process)  # its standard error ends with the last of its workers
            assert victim == process.pid or process.returncode == 0
            assert not {name for name in snapshot(out) if "/" not in name} - set(calm)
            for name, data in snapshot(out).items():
                assert data == calm.get(name, data), name  # what is there is whole
            if process.returncode == 0:
                assert snapshot(out) == calm
                n_finished += 1
                out = tmp_path / f"{format}-{n_finished}"
        again = start(16, *options, "--jobs", "2", "--out", out)
        wait(again)
        assert again.returncode == 0
        assert snapshot(out) == calm
        print(f"\n{format}: {n_kills} kills, {n_finished + 1} runs, all with the same bytes")


def write_large_warc(path: Path, megabytes: int) -> None:
    """Write pages of 2 kB to 2 MB, most of each being script."""
    rng = random.Random(megabytes)
    script = b"/* " + rng.randbytes(10_000).hex().encode() + b" */\n"
    with open(path, "wb") as file:
        number = 0
        while file.tell() < megabytes * 1_000_000:
            body = page(number).encode() + b"<script>"
            body += script * int(2 ** rng.uniform(-2, 7)) + b"</script>"
            file.write(warc_record(number, body))
            number += 1


def resident_bytes(pid: int) -> int:
    try:
        pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
    except (FileNotFoundError, IndexError, ProcessLookupError):
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def test_a_large_archive_takes_little_memory(tmp_path: Path) -> None:
    require("fastwarc")
    write_large_warc(tmp_path / "crawl.warc", WARC_MB)
    options = ["--jobs", "2", "--out", tmp_path / "out"]
    process = start(256, tmp_path / "crawl.warc", *options)
    peak = 0
    while process.poll() is None:
        pids = [process.pid, *children(process.pid)]
        peak = max(peak, sum(map(resident_bytes, pids)))
        time.sleep(0.05)
    finish(process)
    print(f"\n{WARC_MB} MB of WARC: peak of all processes {peak / 1e6:.0f} MB")
    assert 0 < peak < MAX_MEMORY_MB * 1_000_000
