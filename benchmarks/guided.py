"""The coverage-guided part of a soak: atheris keeps the inputs that reach code unseen before.

atheris ends its process when it is done and wants to see modules imported, so it gets a process of
its own (``benchmarks/fuzz.py``), which is started here; libFuzzer says at its end what it reached.
"""

from __future__ import annotations

import importlib.util
import json
import random
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from benchmarks.checks import Description
from benchmarks.fuzz import MAX_BYTES, TEXT
from benchmarks.soak import Bounds, Coverage, Seeds, Soaker, SoakLog, write_log

__all__ = ["run_soak"]

_HOW_TO_INSTALL: Final = (
    "atheris is not installed, so nothing is guided by coverage: pip install 'boilerkit[fuzz]'"
)
#: Of a run's time and executions.
_GUIDED_SHARE: Final = 0.25
_N_SEEDS: Final = 200
_HANG_SECONDS: Final = 120
_STATE: Final = re.compile(r"cov: (\d+) ft: (\d+)")
_EXECUTED: Final = re.compile(r"stat::number_of_executed_units:\s+(\d+)")


def run_soak(seeds: Seeds, seed: int, bounds: Bounds, *, out: Path, findings: Path) -> SoakLog:
    """Soak until a bound is reached, the last quarter guided by coverage, and write the log."""
    soaker = Soaker(seeds, seed, findings)
    guided = importlib.util.find_spec("atheris") is not None
    if not guided:
        print(_HOW_TO_INSTALL, file=sys.stderr)
    out.parent.mkdir(parents=True, exist_ok=True)
    log = soaker.run(
        bounds.part(1 - _GUIDED_SHARE) if guided else bounds, lambda log: write_log(log, out)
    )
    write_log(log, out)
    if guided:
        _run_guided(seeds, log, bounds.part(_GUIDED_SHARE), findings)
        write_log(log, out)
    return log


def _run_guided(seeds: Seeds, log: SoakLog, bounds: Bounds, findings: Path) -> None:
    """Fuzz until a bound is reached and put coverage and findings into `log`.

    Raises ChildProcessError, with the end of what it said, if the process dies.
    """
    with tempfile.TemporaryDirectory() as name:
        corpus = Path(name)
        _write_seeds(seeds, random.Random(f"{log.seed}:guided"), corpus)
        command = [sys.executable, "-m", "benchmarks.fuzz", str(log.seed), str(findings.resolve())]
        done = subprocess.run(
            [*command, *_limits(bounds), f"-seed={log.seed % 2**31 + 1}", str(corpus)],
            cwd=Path(__file__).parents[1],
            capture_output=True,
            check=False,
        )
    said = done.stderr.decode("utf-8", "replace")
    executed = _EXECUTED.search(said)
    if executed is None:
        raise ChildProcessError(f"the guided part ended with {done.returncode}:\n{said[-2000:]}")
    states = _STATE.findall(said)
    edges, features = map(int, states[-1]) if states else (0, 0)
    log.coverage = Coverage(int(executed[1]), edges, features)
    _take_findings(log, done.stdout.decode("utf-8", "replace"))


def _limits(bounds: Bounds) -> list[str]:
    limits = [f"-max_len={MAX_BYTES}", f"-timeout={_HANG_SECONDS}", "-print_final_stats=1"]
    if bounds.seconds is not None:
        limits.append(f"-max_total_time={max(1, int(bounds.seconds))}")
    if bounds.executions is not None:
        limits.append(f"-runs={bounds.executions}")
    return limits


def _write_seeds(seeds: Seeds, rng: random.Random, folder: Path) -> None:
    """Write pieces of the seeds, each with the byte that says what it is."""
    for number in range(_N_SEEDS):
        kind = number % 3
        data = (
            rng.choice(seeds.texts).encode("utf-8", "surrogatepass")
            if kind == TEXT
            else rng.choice(seeds.pages).read_bytes()
        )
        start = rng.randrange(max(1, len(data) - MAX_BYTES))
        (folder / str(number)).write_bytes(bytes([kind]) + data[start : start + MAX_BYTES - 1])


def _take_findings(log: SoakLog, printed: str) -> None:
    """Read the findings, a line of JSON each; other lines are not ours."""
    for line in printed.splitlines():
        if line.startswith('{"key"'):
            found = json.loads(line)
            log.add_finding(Description(found["key"], ""), "guided", found["number"])
