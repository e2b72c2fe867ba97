"""The soak: hours of damaged pages, texts and models, none of which may break a promise.

Each execution is made from the seed and its number alone, so that any of them can be repeated. What
is found goes to a folder outside git, input and report, for it may hold other people's text; the
log has its name and its count.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import gc
import json
import os
import random
import re
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from functools import partial
from importlib import metadata, resources
from pathlib import Path
from typing import Any, Final

from benchmarks.checks import Checker, Description, describe
from benchmarks.corpus import read_corpus
from benchmarks.damage import ModelFiles, damage_model
from benchmarks.datasets import DATA_SETS, load
from benchmarks.mutate import make_text, mutate_page, mutate_text
from benchmarks.run import machine
from boilerkit.backends import DEFAULT_MODEL
from boilerkit.bench_files import LabelledPage, LabelledText
from boilerkit.train.datasets import load_typed_documents

__all__ = [
    "Bounds",
    "Coverage",
    "Finding",
    "Seeds",
    "SoakLog",
    "Soaker",
    "memory_growth",
    "read_log",
    "read_seeds",
    "render_soak",
    "save_finding",
    "write_log",
]

_FORMAT: Final = 1
#: One execution in so many is a model, which takes as long as that many texts; one in five a page.
_MODEL_STEP: Final = 200
_PAGE_STEP: Final = 5
#: One in so many is looked at from all sides, which takes several times as long.
_THOROUGH_STEP: Final = 16
#: A share of the pages is handed over decoded, lone surrogates and all.
_DECODED_SHARE: Final = 0.3
_CHARSETS: Final = (None, None, None, None, "utf-8", "latin-1", "utf-16", "gbk", "koi8-r", "nosuch")
#: Documents between two looks at the memory, and those that the bound speaks of.
_MEMORY_STEP: Final = 10_000
_MEMORY_FROM, _MEMORY_TO = 10_000, 100_000
_MAX_GROWTH_MB: Final = 20.0
#: Seconds between two states of the log, and after which an execution counts as hanging.
_LOG_SECONDS: Final = 20.0
_HANG_SECONDS: Final = 600.0
_N_SLOWEST: Final = 10
#: Inputs kept of each finding.
_MAX_KEPT: Final = 3


@dataclass(frozen=True)
class Bounds:
    """When a run ends: after so many seconds or executions, whichever comes first."""

    seconds: float | None = None
    executions: int | None = None

    def reached(self, seconds: float, executions: int) -> bool:
        """Whether it is time to stop."""
        late = self.seconds is not None and seconds >= self.seconds
        return late or (self.executions is not None and executions >= self.executions)

    def part(self, share: float) -> Bounds:
        """Return a share of both bounds."""
        return Bounds(
            None if self.seconds is None else self.seconds * share,
            None if self.executions is None else round(self.executions * share),
        )


@dataclass(frozen=True)
class Seeds:
    """What is damaged: pages and texts; ``from_data`` tells those of the data sets from ours."""

    pages: tuple[Path, ...]
    texts: tuple[str, ...]
    from_data: bool


@dataclass
class Finding:
    """One cause: what it did, in which kind of input, how often, and the first execution."""

    key: str
    kind: str
    first: int
    count: int = 0


@dataclass(frozen=True)
class Coverage:
    """What the coverage-guided part reached, counted in edges and features by libFuzzer."""

    executions: int
    edges: int
    features: int


@dataclass
class SoakLog:
    """What a run did, as far as it has come.

    ``executions`` counts by kind of input; ``slowest`` has CPU seconds, kind and number;
    ``memory_mb`` has pairs of documents and resident MB.
    """

    seed: int
    about: Mapping[str, Any]
    seconds: float = 0.0
    executions: dict[str, int] = field(default_factory=dict)
    mutated_data_pages: int = 0
    models_accepted: int = 0
    findings: list[Finding] = field(default_factory=list)
    slowest: list[tuple[float, str, int]] = field(default_factory=list)
    memory_mb: list[tuple[int, float]] = field(default_factory=list)
    coverage: Coverage | None = None

    @property
    def total(self) -> int:
        """Executions of all kinds, guided ones among them."""
        return sum(self.executions.values()) + (self.coverage.executions if self.coverage else 0)

    def add_finding(self, found: Description, kind: str, number: int) -> Finding:
        """Count a finding and return it."""
        for finding in self.findings:
            if (finding.key, finding.kind) == (found.key, kind):
                break
        else:
            finding = Finding(found.key, kind, number)
            self.findings.append(finding)
        finding.count += 1
        return finding


def read_seeds(data: Path | None) -> Seeds:
    """Return the embedded corpus, or the development pages and their texts."""
    items = read_corpus()
    texts = [item.text for item in items if isinstance(item, LabelledText)]
    if data is None:
        pages = [item.path for item in items if isinstance(item, LabelledPage)]
        return Seeds(tuple(pages), tuple(texts), from_data=False)
    texts += ["\n".join(document.lines) for document in load_typed_documents(data)]
    paths = [page.path for page in load(DATA_SETS["wcxb-dev"], data)]
    return Seeds(tuple(paths), tuple(texts), from_data=True)


class Soaker:
    """Runs executions by number and writes down what comes of them.

    findings: the folder for what is found; nothing is written to it as long as nothing is.
    """

    def __init__(self, seeds: Seeds, seed: int, findings: Path) -> None:
        self._seeds = seeds
        self._lines = sorted({line for text in seeds.texts for line in text.split("\n")})
        self._folder = findings
        self._checker = Checker()
        packaged = resources.files("boilerkit").joinpath("data").joinpath(DEFAULT_MODEL)
        self._model = ModelFiles.read(Path(str(packaged)))
        self.log = SoakLog(seed, about())

    def run(self, bounds: Bounds, write: Callable[[SoakLog], None]) -> SoakLog:
        """Execute from number 0 on until a bound is reached; `write` gets the log now and then."""
        begun = written = time.monotonic()
        number = 0
        _expect_progress()
        while not bounds.reached(time.monotonic() - begun, number):
            self.execute(number)
            number += 1
            if number % _MEMORY_STEP == 0:
                self._weigh(number)
            if time.monotonic() - written > _LOG_SECONDS:
                written = time.monotonic()
                self.log.seconds = written - begun
                write(self.log)
                _expect_progress()
        faulthandler.cancel_dump_traceback_later()
        self.log.seconds = time.monotonic() - begun
        return self.log

    def execute(self, number: int) -> None:
        """Make the input of this number, hold it against the promises, and write down the rest."""
        rng = random.Random(f"{self.log.seed}:{number}")
        if number % _MODEL_STEP == _MODEL_STEP - 1:
            self._execute_model(rng, number)
        elif number % _PAGE_STEP == 0:
            self._execute_page(rng, number)
        else:
            text = self.make_text(rng)
            check = partial(self._checker.check_text, text, thorough=_is_thorough(rng))
            self._hold("text", number, check, text)

    def _execute_page(self, rng: random.Random, number: int) -> None:
        page, charset = self.make_page(rng)
        self.log.mutated_data_pages += self._seeds.from_data
        check = partial(self._checker.check_page, page, charset, thorough=_is_thorough(rng))
        self._hold("page", number, check, page)

    def _execute_model(self, rng: random.Random, number: int) -> None:
        with tempfile.TemporaryDirectory() as name:
            damage_model(rng, self._model, Path(name))

            def check() -> None:
                self.log.models_accepted += self._checker.check_model(Path(name))

            self._hold("model", number, check, f"seed {self.log.seed}, execution {number}")

    def make_page(self, rng: random.Random) -> tuple[str | bytes, str | None]:
        """Return a damaged page and the charset that it is said to have."""
        page, other = (path.read_bytes() for path in rng.choices(self._seeds.pages, k=2))
        page = mutate_page(rng, page, other)
        if rng.random() < _DECODED_SHARE:
            return page.decode("utf-8", "surrogateescape"), None
        return page, rng.choice(_CHARSETS)

    def make_text(self, rng: random.Random) -> str:
        """Return a text that is made up, damaged or both."""
        text, other = rng.choices(self._seeds.texts, k=2)
        if rng.random() < 0.5:
            text = make_text(rng, self._lines)
        return mutate_text(rng, text, other) if rng.random() < 0.7 else text

    def _hold(self, kind: str, number: int, check: Callable[[], None], value: str | bytes) -> None:
        try:
            check()
        except Exception as error:  # whatever it is, it is what the run is looking for
            found = describe(error)
            finding = self.log.add_finding(found, kind, number)
            if finding.count <= _MAX_KEPT:
                save_finding(self._folder, found, f"{self.log.seed}-{number}", value)
        self.log.executions[kind] = self.log.executions.get(kind, 0) + 1
        self.log.slowest = sorted(
            [*self.log.slowest, (round(self._checker.seconds, 3), kind, number)], reverse=True
        )[:_N_SLOWEST]

    def _weigh(self, number: int) -> None:
        gc.collect()
        resident = resident_mb()
        if resident is not None:
            self.log.memory_mb.append((number, round(resident, 1)))
        growth = memory_growth(self.log.memory_mb)
        if growth is not None and growth > _MAX_GROWTH_MB and number == _MEMORY_TO:
            key = f"memory grows by over {_MAX_GROWTH_MB:g} MB in {_MEMORY_TO:,} documents"
            self.log.add_finding(Description(key, ""), "memory", number)


def _expect_progress() -> None:
    """End the process, telling where it was, if this is not called again in good time."""
    faulthandler.dump_traceback_later(_HANG_SECONDS, exit=True, file=2)


def _is_thorough(rng: random.Random) -> bool:
    return rng.randrange(_THOROUGH_STEP) == 0


def save_finding(folder: Path, found: Description, name: str, value: str | bytes) -> None:
    """Write an input, as it was or as UTF-8 with surrogates, and the report on it."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{re.sub(r'[^A-Za-z0-9]+', '-', found.key)[:80]}-{name}"
    data = value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")
    ending = "bytes" if isinstance(value, bytes) else "text"
    (folder / f"{stem}.{ending}").write_bytes(data)
    (folder / f"{stem}.report").write_text(
        found.report, encoding="utf-8", errors="backslashreplace"
    )


def resident_mb() -> float | None:
    """Return the resident memory of this process, None where the system does not tell it.

    What is free is given back before: how much of it glibc keeps depends on the last large inputs
    and would hide what grows.
    """
    with contextlib.suppress(AttributeError, OSError, TypeError):  # only glibc has it
        ctypes.CDLL(None).malloc_trim(0)
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    except OSError:
        return None
    return int(pages) * os.sysconf("SC_PAGE_SIZE") / 1e6


def memory_growth(memory_mb: Sequence[tuple[int, float]]) -> float | None:
    """Return by how many MB 10^5 documents leave more than 10^4; None before that many."""
    found = dict(memory_mb)
    if _MEMORY_FROM not in found or _MEMORY_TO not in found:
        return None
    return found[_MEMORY_TO] - found[_MEMORY_FROM]


def about() -> dict[str, Any]:
    """Return what a run can depend on beside its seed."""
    names = ("boilerkit", "lxml", "numpy", "charset-normalizer")
    done = subprocess.run(
        ["git", "rev-parse", "HEAD"],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return {
        "commit": done.stdout.strip() or None,
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "machine": machine(),
        "versions": {name: _version(name) for name in names},
    }


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


# --- log ---------------------------------------------------------------------------------------


def write_log(log: SoakLog, path: Path) -> None:
    """Write the log whole: a reader never finds half of one."""
    data = {"format": _FORMAT, **asdict(log), "memory_growth_mb": memory_growth(log.memory_mb)}
    unfinished = path.with_suffix(".partial")
    unfinished.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    unfinished.replace(path)


def read_log(path: Path) -> SoakLog:
    """Read what :func:`write_log` wrote; raises ValueError for another format."""
    data = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(data, dict) or data.pop("format", None) != _FORMAT:
        raise ValueError(f"{path} is not a soak log of format {_FORMAT}")
    del data["memory_growth_mb"]
    data["findings"] = [Finding(**item) for item in data["findings"]]
    data["slowest"] = [tuple(item) for item in data["slowest"]]
    data["memory_mb"] = [tuple(item) for item in data["memory_mb"]]
    data["coverage"] = Coverage(**data["coverage"]) if data["coverage"] else None
    return SoakLog(**data)


def render_soak(logs: Sequence[SoakLog]) -> str:
    """Return what the runs did in all."""
    return "\n".join(f"{name}: {value}" for name, value in _totals(logs))


def _totals(logs: Sequence[SoakLog]) -> Iterator[tuple[str, str]]:
    by_kind = sum((Counter(log.executions) for log in logs), Counter[str]())
    kinds = ", ".join(f"{kind} {count:,}" for kind, count in sorted(by_kind.items()))
    yield "runs", f"{len(logs)}, {sum(log.seconds for log in logs) / 3600:.2f} h"
    yield "executions", f"{sum(log.total for log in logs):,} ({kinds})"
    yield "mutated development pages", f"{sum(log.mutated_data_pages for log in logs):,}"
    guided = [log.coverage for log in logs if log.coverage]
    if guided:
        best = max(guided, key=lambda coverage: coverage.edges)
        runs = sum(coverage.executions for coverage in guided)
        yield "coverage-guided", f"{runs:,} executions, {best.edges:,} edges at most"
    slowest = max((log.slowest[0][0] for log in logs if log.slowest), default=0.0)
    yield "slowest call", f"{slowest:.2f} s of CPU time"
    growths = [growth for log in logs if (growth := memory_growth(log.memory_mb)) is not None]
    if growths:
        yield "memory from 10^4 to 10^5 documents", f"{max(growths):+.1f} MB at most"
    findings = [finding for log in logs for finding in log.findings]
    yield "distinct findings", f"{len({(item.kind, item.key) for item in findings})}"
    for item in findings:
        yield f"  {item.kind}", f"{item.key} ({item.count:,} times, first {item.first})"
