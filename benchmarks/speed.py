"""How fast: page by page in turn, in one process, against one lxml parse of the same bytes.

Every figure but the yardstick's own is worth something only beside the others of its run.
"""

from __future__ import annotations

import json
import math
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.outputs import CHECKOUT, Peer, worker_environment
from benchmarks.stopwatch import YARDSTICK
from benchmarks.tables import Cell, Section, Table
from boilerkit.train.datasets import Page

__all__ = [
    "Scaling",
    "SpeedRun",
    "Timing",
    "growth_exponent",
    "measure_extraction",
    "measure_import",
    "measure_scaling",
    "measure_text",
    "read_speed",
    "speed_section",
    "summarise",
    "write_speed",
]

_FORMAT: Final = 1
#: Largest pages that the memory pass runs over.
_MEMORY_PAGES: Final = 100
#: Times each import is repeated, in turn with an empty program.
_IMPORT_ROUNDS: Final = 15
#: Parts that the pages are cut into for two processes.
_SCALING_CHUNKS: Final = 16
#: Pages in one point of the growth curve, at least.
_GROWTH_PAGES: Final = 8


@dataclass(frozen=True)
class Timing:
    """One system's times over the pages, in milliseconds; memory in MB.

    ``ratio`` is its mean over that of the yardstick in the same process. ``growth`` holds pairs of
    page size in bytes and median milliseconds of the pages of about that size.
    """

    mean_ms: float
    median_ms: float
    p99_ms: float
    worst_ms: float
    worst_page: str
    ratio: float
    peak_mb: float
    growth: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Scaling:
    """Pages a second with one and with two processes."""

    one: float
    two: float


@dataclass(frozen=True)
class SpeedRun:
    """What one ``speed`` command measured."""

    about: Mapping[str, Any]
    dataset: str
    pages: int
    systems: Mapping[str, Timing]
    text_mb_per_s: float
    import_ms: float
    scaling: Scaling


# --- extraction --------------------------------------------------------------------------------


def measure_extraction(
    pages: Sequence[Page], peers: Iterable[Peer], ours: Sequence[str]
) -> dict[str, Timing]:
    """Time all systems, those of one interpreter in one process."""
    by_python: dict[str, list[str]] = {sys.executable: [YARDSTICK, *ours]}
    for peer in peers:
        by_python.setdefault(peer.python, [YARDSTICK]).append(peer.name)
    timings: dict[str, Timing] = {}
    for python, names in by_python.items():
        times = _stopwatch(python, names, pages)["milliseconds"]
        for name in names:
            if name not in timings:
                peak = _peak_memory(python, name, pages)
                timings[name] = summarise(pages, times[name], times[YARDSTICK], peak)
    return timings


def _stopwatch(python: str, names: Sequence[str], pages: Sequence[Page]) -> dict[str, Any]:
    job = {"systems": names, "pages": [str(page.path) for page in pages]}
    done = subprocess.run(
        [python, "-m", "benchmarks.stopwatch"],
        cwd=CHECKOUT,
        env=worker_environment(),
        input=json.dumps(job).encode(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _peak_memory(python: str, name: str, pages: Sequence[Page]) -> float:
    """Return the peak of a process that does nothing but the largest pages with one system."""
    largest = sorted(pages, key=lambda page: -page.path.stat().st_size)[:_MEMORY_PAGES]
    return float(_stopwatch(python, [name], largest)["peak_mb"])


def summarise(
    pages: Sequence[Page], times: Sequence[float], yardstick: Sequence[float], peak_mb: float
) -> Timing:
    """Return one system's figures from its milliseconds and the yardstick's, page by page."""
    worst = max(range(len(times)), key=times.__getitem__)
    mean = statistics.fmean(times)
    return Timing(
        mean_ms=mean,
        median_ms=statistics.median(times),
        p99_ms=sorted(times)[math.ceil(0.99 * len(times)) - 1],
        worst_ms=times[worst],
        worst_page=pages[worst].id,
        ratio=mean / statistics.fmean(yardstick),
        peak_mb=peak_mb,
        growth=_growth([len(page.read_html()) for page in pages], times),
    )


def _growth(sizes: Sequence[int], times: Sequence[float]) -> tuple[tuple[float, float], ...]:
    """Median time by page size, in steps of a factor of two."""
    steps: dict[int, list[tuple[int, float]]] = {}
    for size, milliseconds in zip(sizes, times, strict=True):
        steps.setdefault(int(math.log2(size)), []).append((size, milliseconds))
    return tuple(
        (statistics.median(s for s, _ in group), statistics.median(t for _, t in group))
        for _, group in sorted(steps.items())
        if len(group) >= _GROWTH_PAGES
    )


def growth_exponent(growth: Sequence[tuple[float, float]]) -> float | None:
    """Return e of the fit time ~ size ** e: 1 is linear growth; None for fewer than two points."""
    if len(growth) < 2:
        return None
    sizes, times = zip(*growth, strict=True)
    return statistics.linear_regression(list(map(math.log, sizes)), list(map(math.log, times)))[0]


# --- text, import, cores -----------------------------------------------------------------------


def measure_text(texts: Sequence[str]) -> float:
    """Return how many MB of text a second ``clean`` takes in on one core."""
    from boilerkit import Cleaner

    cleaner = Cleaner()
    cleaner.clean("\n".join(texts[:1]))  # loads the model
    begun = time.perf_counter()
    for text in texts:
        cleaner.clean(text)
    seconds = time.perf_counter() - begun
    return sum(len(text.encode("utf-8", "surrogatepass")) for text in texts) / 1e6 / seconds


def measure_import() -> float:
    """Return the milliseconds that ``import boilerkit`` adds to Python's own start (median)."""
    times: dict[str, list[float]] = {"pass": [], "import boilerkit": []}
    for _ in range(_IMPORT_ROUNDS):
        for program, measured in times.items():
            begun = time.perf_counter()
            subprocess.run([sys.executable, "-c", program], cwd=CHECKOUT, check=True)
            measured.append((time.perf_counter() - begun) * 1000)
    return statistics.median(times["import boilerkit"]) - statistics.median(times["pass"])


def measure_scaling(pages: Sequence[Page]) -> Scaling:
    """Return the pages a second of joblib over one and two processes."""
    html = [page.read_html() for page in pages]
    chunks = [html[start::_SCALING_CHUNKS] for start in range(_SCALING_CHUNKS)]
    return Scaling(_pages_per_second(chunks, 1), _pages_per_second(chunks, 2))


def _pages_per_second(chunks: Sequence[Sequence[bytes]], jobs: int) -> float:
    """Time the second of two rounds: starting processes and reading models is no page's cost."""
    from joblib import Parallel, delayed

    with Parallel(n_jobs=jobs) as parallel:
        for _ in range(2):
            begun = time.perf_counter()
            done: int = sum(parallel(delayed(_extract_all)(chunk) for chunk in chunks))
            seconds = time.perf_counter() - begun
    return done / seconds


def _extract_all(pages: Sequence[bytes]) -> int:
    import boilerkit

    for html in pages:
        boilerkit.extract(html)
    return len(pages)


# --- report ------------------------------------------------------------------------------------


def speed_section(run: SpeedRun) -> Section:
    """Return the section of the report."""
    about = ", ".join(f"{name} {value}" for name, value in run.about.get("machine", {}).items())
    return Section(
        "Speed",
        f"{run.pages:,} pages of {run.dataset}, page by page in turn in one process per"
        " interpreter; ratios are to one lxml parse of the same bytes in that process."
        + (f" {about}." if about else ""),
        tuple(table for table in (_times(run), _growths(run), _own(run)) if table.rows),
    )


def _names(run: SpeedRun) -> list[tuple[str, str, Timing]]:
    """Return name, row's title and timing of each system, fastest first."""
    titles = run.about.get("systems", {})
    ranked = sorted(run.systems.items(), key=lambda item: item[1].mean_ms)
    return [(name, titles.get(name, name), timing) for name, timing in ranked]


def _times(run: SpeedRun) -> Table:
    fastest = min(timing.mean_ms for name, timing in run.systems.items() if name != YARDSTICK)
    rows = tuple(_timing_row(title, timing, fastest) for _, title, timing in _names(run))
    columns = ("system", "mean ms", "median", "p99", "worst", "× one parse", "peak MB")
    return Table((*columns, "worst page"), rows)


def _timing_row(title: str, timing: Timing, fastest: float) -> tuple[Cell, ...]:
    values = (timing.median_ms, timing.p99_ms, timing.worst_ms, timing.ratio)
    return (
        Cell(title),
        Cell(f"{timing.mean_ms:.2f}", best=timing.mean_ms == fastest),
        *(Cell(f"{value:.2f}") for value in values),
        Cell(f"{timing.peak_mb:.0f}"),
        Cell(timing.worst_page),
    )


def _growths(run: SpeedRun) -> Table:
    """Median milliseconds by page size; all systems ran over the same pages."""
    sizes = [size for size, _ in next(iter(run.systems.values())).growth]
    rows = tuple(
        (Cell(title), *(Cell(f"{ms:.2f}") for _, ms in timing.growth), Cell(f"{exponent:.2f}"))
        for _, title, timing in _names(run)
        if (exponent := growth_exponent(timing.growth)) is not None
    )
    heads = (f"{size / 1000:,.1f} kB" for size in sizes)
    note = (
        "Does time grow linearly with the page? Median milliseconds of the pages of about a size;"
        " the exponent e of the fit time ~ size^e is 1 for linear growth."
    )
    return Table(("system", *heads, "exponent"), rows, note)


def _own(run: SpeedRun) -> Table:
    facts = (
        ("text cleaned, MB/s on one core", f"{run.text_mb_per_s:.1f}"),
        ("import boilerkit, ms", f"{run.import_ms:.0f}"),
        ("pages/s with one process (joblib)", f"{run.scaling.one:.1f}"),
        ("pages/s with two processes (joblib)", f"{run.scaling.two:.1f}"),
        ("two over one", f"{run.scaling.two / run.scaling.one:.2f}"),
    )
    return Table(("boilerkit", "value"), tuple((Cell(a), Cell(b)) for a, b in facts))


def write_speed(run: SpeedRun, path: Path) -> None:
    """Write a speed run as JSON."""
    path.write_text(json.dumps({"format": _FORMAT, **asdict(run)}, indent=1) + "\n")


def read_speed(path: Path) -> SpeedRun:
    """Read what :func:`write_speed` wrote; raises ValueError for another format."""
    data = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(data, dict) or data.pop("format", None) != _FORMAT:
        raise ValueError(f"{path} is not a speed file of format {_FORMAT}")
    data["systems"] = {name: _timing_from_json(item) for name, item in data["systems"].items()}
    data["scaling"] = Scaling(**data["scaling"])
    return SpeedRun(**data)


def _timing_from_json(data: dict[str, Any]) -> Timing:
    growth = tuple((size, milliseconds) for size, milliseconds in data.pop("growth"))
    return Timing(**data, growth=growth)
