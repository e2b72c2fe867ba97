"""Time and memory against size, for each hostile shape: does any input cost more than its share?

Every input has a process of its own (gauge.py), so that peaks do not add up; it is built in another
one, because a process inherits the peak of the one that started it.
"""

from __future__ import annotations

import json
import math
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.outputs import CHECKOUT, worker_environment
from benchmarks.shapes import SHAPES
from benchmarks.tables import Cell, Section, Table

__all__ = [
    "MAX_EXPONENT",
    "MAX_SECONDS",
    "Measured",
    "SizesRun",
    "exponent",
    "faults",
    "in_one_line",
    "measure_shapes",
    "peak_limit_mb",
    "read_sizes",
    "sizes_section",
    "sizes_up_to",
    "write_sizes",
]

_FORMAT: Final = 1
_GAUGE: Final = "benchmarks.gauge"
_MB: Final = 1_000_000
_SMALLEST: Final = 1_000
#: An input up to this size has so many seconds of CPU time.
_SECONDS_BYTES: Final = 10 * _MB
MAX_SECONDS: Final = 3.0
#: Largest e of the fit time ~ size ** e, from this size on: below it, fixed costs show.
MAX_EXPONENT: Final = 1.1
_FIT_BYTES: Final = 1 * _MB
#: Peak memory allowed: so many times the input, and what Python, numpy and the model take.
_PEAK_FACTOR: Final = 20
_PEAK_BASE_MB: Final = 300.0
#: A shape is about as large as asked for, not to the byte.
_TOLERANCE: Final = 0.05


@dataclass(frozen=True)
class Measured:
    """One input in one process: bytes, seconds of CPU time, peak of the whole process in MB.

    ``lost`` are the marker words that did not come out, ``truncated`` where the document says that
    it was cut. ``error`` tells what ended the process, if it did not end well; its figures are 0.
    """

    shape: str
    size: int
    seconds: float = 0.0
    peak_mb: float = 0.0
    lost: tuple[str, ...] = ()
    truncated: int | None = None
    error: str = ""


@dataclass(frozen=True)
class SizesRun:
    """What one ``sizes`` command measured, in rising order of size for each shape."""

    about: Mapping[str, Any]
    measured: tuple[Measured, ...]

    def by_shape(self) -> dict[str, list[Measured]]:
        """Return what was measured of each shape."""
        found: dict[str, list[Measured]] = {}
        for item in self.measured:
            found.setdefault(item.shape, []).append(item)
        return found


# --- measuring ---------------------------------------------------------------------------------


def sizes_up_to(max_mb: float) -> list[int]:
    """Return the sizes in bytes, from 1 kB in steps of ten, the last one ``max_mb``.

    Raises ValueError for less than 1 kB.
    """
    largest = round(max_mb * _MB)
    if largest < _SMALLEST:
        raise ValueError(f"--max-mb must be {_SMALLEST / _MB} or more, not {max_mb}")
    steps = [_SMALLEST * 10**step for step in range(1 + int(math.log10(largest / _SMALLEST)))]
    return [size for size in steps if size < largest] + [largest]


def measure_shapes(names: Sequence[str], sizes: Sequence[int]) -> Iterator[Measured]:
    """Measure every shape at every size; a shape that fails at one is given up at larger ones.

    Raises ValueError for an unknown name.
    """
    unknown = sorted(set(names) - set(SHAPES))
    if unknown:
        raise ValueError(f"no shape {unknown[0]!r}: choose from {', '.join(SHAPES)}")
    for name in names:
        for size in sizes:
            found = _measure(name, size)
            yield found
            if found.error:
                break


def _measure(name: str, size: int) -> Measured:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "input"
        with path.open("wb") as stream:
            _python("benchmarks.shapes", name, str(size), stdout=stream).check_returncode()
        true_size = path.stat().st_size
        done = _python(_GAUGE, name, str(path), stdout=subprocess.PIPE)
    if done.returncode:
        # the last line of a traceback; a process that was killed leaves none
        reason = (done.stderr.decode(errors="replace").splitlines() or [""])[-1]
        return Measured(name, true_size, error=f"ended with {done.returncode} {reason}".strip())
    answer = json.loads(done.stdout)
    return Measured(name, true_size, **{**answer, "lost": tuple(answer["lost"])})


def _python(module: str, *arguments: str, stdout: Any) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=CHECKOUT,
        env=worker_environment(),
        stdout=stdout,
        stderr=subprocess.PIPE,
        check=False,
    )


# --- judging -----------------------------------------------------------------------------------


def peak_limit_mb(size: int) -> float:
    """Return the peak in MB that an input of so many bytes may reach."""
    return _PEAK_FACTOR * size / _MB + _PEAK_BASE_MB


def exponent(measured: Iterable[Measured]) -> float | None:
    """Return e of the fit seconds ~ size ** e over the sizes from 1 MB on.

    1 is linear growth. None for fewer than two such sizes.
    """
    points = [
        (math.log(item.size), math.log(item.seconds))
        for item in measured
        if item.size >= _FIT_BYTES * (1 - _TOLERANCE) and item.seconds > 0
    ]
    if len(points) < 2:
        return None
    return statistics.linear_regression(*zip(*points, strict=True))[0]


def faults(measured: Sequence[Measured]) -> list[str]:
    """Return in words which bounds one shape breaks; none if it is well."""
    found = [fault for item in measured for fault in _faults_of_one(item)]
    growth = exponent(measured)
    if growth is not None and growth > MAX_EXPONENT:
        found.append(f"grows with exponent {growth:.2f}")
    return found


def _faults_of_one(item: Measured) -> Iterator[str]:
    where = f"at {_size(item.size)}"
    if item.error:
        yield f"{item.error} {where}"
        return
    if item.lost and item.truncated is None:
        yield f"loses {', '.join(item.lost)} {where}"
    if item.size <= _SECONDS_BYTES * (1 + _TOLERANCE) and item.seconds > MAX_SECONDS:
        yield f"{item.seconds:.1f} s {where}"
    if item.peak_mb > peak_limit_mb(item.size):
        yield f"{item.peak_mb:,.0f} MB {where}"


# --- report ------------------------------------------------------------------------------------


def sizes_section(run: SizesRun) -> Section:
    """Return the section of the report."""
    shapes = run.by_shape()
    broken = sum(bool(faults(measured)) for measured in shapes.values())
    largest = max(item.size for item in run.measured)
    return Section(
        "Hostile inputs",
        f"{len(shapes)} shapes, from {_size(min(item.size for item in run.measured))} to"
        f" {_size(largest)}, each input in a process of its own with `max_bytes=None`;"
        f" {len(shapes) - broken} keep all bounds: {MAX_SECONDS:g} s of CPU time up to"
        f" {_size(_SECONDS_BYTES)}, exponent {MAX_EXPONENT} from {_size(_FIT_BYTES)} on, peak"
        f" memory {_PEAK_FACTOR} × input + {_PEAK_BASE_MB:.0f} MB, and the words before, inside and"
        " behind the shape come out, or the document says where it was cut.",
        (_table(shapes),),
    )


def in_one_line(item: Measured) -> str:
    """Return what was measured, to be printed while the rest still runs."""
    told = "; ".join(_faults_of_one(item)) or "ok"
    return f"{item.shape}, {_size(item.size)}: {item.seconds:.3f} s, {item.peak_mb:,.0f} MB, {told}"


def _table(shapes: Mapping[str, Sequence[Measured]]) -> Table:
    sizes = sorted({_size(item.size) for group in shapes.values() for item in group}, key=_bytes_of)
    shown = [size for size in sizes if _bytes_of(size) >= _FIT_BYTES] or sizes[-1:]
    heads = [f"{unit}, {size}" for size in shown for unit in ("s", "MB")]
    rows = tuple(_row(name, measured, shown) for name, measured in shapes.items())
    return Table(("shape", *heads, "exponent", "breaks"), rows)


def _row(name: str, measured: Sequence[Measured], shown: Sequence[str]) -> tuple[Cell, ...]:
    by_size = {_size(item.size): item for item in measured if not item.error}
    figures: list[Cell] = []
    for size in shown:
        item = by_size.get(size)
        figures += [Cell("–"), Cell("–")] if item is None else _figures(item)
    growth = exponent(measured)
    grown = "–" if growth is None else f"{growth:.2f}"
    return (Cell(name), *figures, Cell(grown), Cell("; ".join(faults(measured)) or "–"))


def _figures(item: Measured) -> list[Cell]:
    return [Cell(f"{item.seconds:.2f}"), Cell(f"{item.peak_mb:,.0f}")]


def _size(size: int) -> str:
    """Return a size rounded to two digits: shapes are about as large as asked for."""
    rounded = round(size, 1 - int(math.log10(size)))
    return f"{rounded / _MB:g} MB" if rounded >= _MB else f"{rounded / 1000:g} kB"


def _bytes_of(size: str) -> float:
    number, unit = size.split()
    return float(number) * (_MB if unit == "MB" else 1000)


def write_sizes(run: SizesRun, path: Path) -> None:
    """Write a run as JSON."""
    path.write_text(json.dumps({"format": _FORMAT, **asdict(run)}, indent=1) + "\n")


def read_sizes(path: Path) -> SizesRun:
    """Read what :func:`write_sizes` wrote; raises ValueError for another format."""
    data = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(data, dict) or data.pop("format", None) != _FORMAT:
        raise ValueError(f"{path} is not a file of sizes of format {_FORMAT}")
    rows = [{**item, "lost": tuple(item["lost"])} for item in data["measured"]]
    return SizesRun(data["about"], tuple(Measured(**row) for row in rows))
