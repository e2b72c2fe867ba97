"""Inputs → one result file each, in steps that a killed run finds again.

Below the folder for results, ``.unfinished`` holds what is not whole yet: ``settings.json``, and
for the input N the chunks ``N/00000.data`` with their ``N/00000.note`` (the chunk is done) and at
last ``N.note`` (the input is done). Chunks are cut by the input alone, so that neither the number
of jobs nor a kill changes a byte of the result.
"""

from __future__ import annotations

import json
import shutil
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any, Final, TypeAlias

from boilerkit.batch import map_pages, mortal_workers
from boilerkit.decode import decode_text
from boilerkit.errors import BoilerkitWarning, ConfigError
from boilerkit.inputs import Input
from boilerkit.labels import Label
from boilerkit.metrics import count_words
from boilerkit.parquet import check_parquet, read_parquet
from boilerkit.pipeline import Cleaner
from boilerkit.readers import Columns, Page, Record, check_jsonl, read_jsonl, read_pages
from boilerkit.records import Document, Result
from boilerkit.warc import check_warc, read_warc
from boilerkit.writers import json_line, open_results, whole_file

__all__ = ["ERRORS_NAME", "REPORT_NAME", "Run", "Totals", "run"]

ERRORS_NAME: Final = "errors.jsonl"
REPORT_NAME: Final = "run.json"
_UNFINISHED: Final = ".unfinished"
_CHUNK_RECORDS: Final = 256
_CHUNK_BYTES: Final = 2**23

# Tells how many bytes of all inputs are read and that this many records more are done.
Progress: TypeAlias = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Run:
    """What is to be done: the inputs, the folder for results, and how."""

    inputs: list[Input]
    out: Path
    cleaner: Cleaner
    columns: Columns
    format: str
    n_jobs: int


@dataclass(frozen=True, slots=True)
class Totals:
    """What was done: records read, broken, skipped (no page) and cut; words; lines by label."""

    records: int = 0
    broken: int = 0
    skipped: int = 0
    truncated: int = 0
    words: int = 0
    dropped_words: int = 0
    lines: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: Totals) -> Totals:
        return Totals(*(getattr(self, name) + getattr(other, name) for name in Totals.__slots__))

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as JSON values, labels in their usual order."""
        lines = {label.value: self.lines[label.value] for label in Label if self.lines[label.value]}
        numbers = {name: getattr(self, name) for name in Totals.__slots__ if name != "lines"}
        return {**numbers, "lines": lines}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Totals:
        """Return the figures that `to_dict` gave."""
        return cls(**{**values, "lines": Counter(values["lines"])})


def run(job: Run, settings: dict[str, Any], progress: Progress) -> Totals:
    """Do what is left to do of a run and return the figures of all of it.

    settings: JSON values that decide the results; a folder with those of others is refused.

    Raises ConfigError for such a folder, one that holds other files, one that another process
    works in, or an input without the column; MissingDependencyError without a package needed.
    """
    _check(job)
    state = job.out / _UNFINISHED
    if _is_finished(job.out, settings):
        shutil.rmtree(state, ignore_errors=True)
        return _finished_totals(job.out)
    state.mkdir(parents=True, exist_ok=True)
    with _locked(state / "lock"):
        _write_json(state / "settings.json", settings, state)
        with nullcontext() if job.n_jobs == 1 else mortal_workers():
            notes = _work(job, state, progress)
        totals = sum((Totals.from_dict(note["totals"]) for note in notes), Totals())
        with whole_file(job.out / ERRORS_NAME, state / "scratch") as file:
            file.writelines(json_line(error) for note in notes for error in note["errors"])
        _write_json(job.out / REPORT_NAME, {**settings, "totals": totals.to_dict()}, state)
    shutil.rmtree(state, ignore_errors=True)
    return totals


def _check(job: Run) -> None:
    for source in job.inputs:
        if source.kind == "warc":
            check_warc()
        elif source.kind == "parquet":
            check_parquet(source, job.columns)
        elif source.kind == "jsonl":
            check_jsonl(source)
    if job.format == "parquet":
        check_parquet()


# --- the folder for results ---------------------------------------------------------------------


def _is_finished(out: Path, settings: dict[str, Any]) -> bool:
    """Return whether the run is done already; raise ConfigError if the folder is another's."""
    for path in (out / REPORT_NAME, out / _UNFINISHED / "settings.json"):
        if path.is_file():
            found = json.loads(path.read_bytes())
            found.pop("totals", None)
            _check_same(out, found, settings)
            return path.name == REPORT_NAME
    if out.exists() and any(path.name != _UNFINISHED for path in out.iterdir()):
        raise ConfigError(f"{out} holds other files: choose a new or empty folder for --out")
    return False


def _check_same(out: Path, found: dict[str, Any], settings: dict[str, Any]) -> None:
    for name in {**found, **settings}:
        if found.get(name) != settings.get(name):
            raise ConfigError(
                f"{out} holds a run that differs in {name}: "
                "give the same command again or another folder for --out"
            )


def _finished_totals(out: Path) -> Totals:
    return Totals.from_dict(json.loads((out / REPORT_NAME).read_bytes())["totals"])


def _write_json(path: Path, values: dict[str, Any], state: Path) -> None:
    with whole_file(path, state / "scratch") as file:
        file.write(json.dumps(values, indent=1).encode() + b"\n")


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Keep a second process out; the system frees the lock of one that was killed."""
    try:
        import fcntl
    except ImportError:  # not on Windows
        yield
        return
    with open(path, "wb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigError(f"another process is working in {path.parent.parent}") from None
        yield


# --- chunks -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a record belongs; `start` is how many bytes the inputs before have."""

    source: int
    chunk: int
    start: int
    record: Record


def _work(job: Run, state: Path, progress: Progress) -> list[dict[str, Any]]:
    """Bring all inputs to their end and return their notes."""
    places = _places(job, state)
    items = ((place, place.record.page) for place in places)
    results = map_pages(_PageTask(job.cleaner), items, n_jobs=job.n_jobs)
    notes: list[dict[str, Any]] = []
    for (source, chunk), group in groupby(results, lambda r: (r.id.source, r.id.chunk)):
        while len(notes) < source:
            notes.append(_finish_input(job, state, len(notes)))
        _write_chunk(job, state, source, chunk, _watched(group, progress))
    while len(notes) < len(job.inputs):
        notes.append(_finish_input(job, state, len(notes)))
    return notes


def _places(job: Run, state: Path) -> Iterator[_Place]:
    """Yield every record whose chunk is still to be done."""
    start = 0
    for number, source in enumerate(job.inputs):
        if not _note(state, number).is_file():
            for chunk, record in _cut(_read(source, job.columns)):
                if not _note(state, number, chunk).is_file():
                    yield _Place(number, chunk, start, record)
        start += source.n_bytes


def _read(source: Input, columns: Columns) -> Iterator[Record]:
    try:
        if source.kind == "pages":
            yield from read_pages(source, columns.kind)
        elif source.kind == "jsonl":
            yield from read_jsonl(source, columns)
        elif source.kind == "parquet":
            yield from read_parquet(source, columns)
        else:
            yield from read_warc(source)
    except OSError as error:  # of the disk, not of what the file holds
        yield Record(source.path.name, source.n_bytes, problem=error.strerror or str(error))


def _cut(records: Iterable[Record]) -> Iterator[tuple[int, Record]]:
    """Yield the records with the number of their chunk."""
    chunk = n_records = n_bytes = 0
    for record in records:
        yield chunk, record
        n_records += 1
        n_bytes += len(record.page)
        if n_records >= _CHUNK_RECORDS or n_bytes >= _CHUNK_BYTES:
            chunk, n_records, n_bytes = chunk + 1, 0, 0


def _watched(results: Iterable[Result], progress: Progress) -> Iterator[Result]:
    for result in results:
        yield result
        progress(result.id.start + result.id.record.position, 1)


def _write_chunk(job: Run, state: Path, source: int, chunk: int, results: Iterable[Result]) -> None:
    rows: list[tuple[Record, str]] = []
    errors: list[dict[str, str]] = []
    totals = Totals()
    for result in results:
        record: Record = result.id.record
        problem = record.problem or result.error
        if problem:
            path = str(job.inputs[source].path)
            errors.append({"input": path, "id": record.id, "reason": problem})
            totals += Totals(records=1, broken=1)
        elif record.skipped:
            totals += Totals(records=1, skipped=1)
        else:
            value: Any = result.value
            text, found = value
            rows.append((record, text))
            totals += found
    data = _note(state, source, chunk).with_suffix(".data")
    with whole_file(data, state / "scratch") as file:
        if rows:
            results_of = open_results(job.format, job.inputs[source], job.columns)
            results_of.write_chunk(file, rows)
    note = {"totals": totals.to_dict(), "errors": errors}
    _write_json(_note(state, source, chunk), note, state)


def _finish_input(job: Run, state: Path, number: int) -> dict[str, Any]:
    """Make the result file of an input from its chunks and return its note."""
    note_path = _note(state, number)
    folder = note_path.with_suffix("")
    if not note_path.is_file():
        source = job.inputs[number]
        results = open_results(job.format, source, job.columns)
        chunks = sorted(folder.glob("*.data"))
        with whole_file(job.out / (source.name + results.ending), state / "scratch") as file:
            results.join(file, [chunk for chunk in chunks if chunk.stat().st_size])
        _write_json(note_path, _sum_notes(sorted(folder.glob("*.note"))), state)
    shutil.rmtree(folder, ignore_errors=True)
    note: dict[str, Any] = json.loads(note_path.read_bytes())
    return note


def _sum_notes(paths: Iterable[Path]) -> dict[str, Any]:
    totals, errors = Totals(), []
    for path in paths:
        note = json.loads(path.read_bytes())
        totals += Totals.from_dict(note["totals"])
        errors += note["errors"]
    return {"totals": totals.to_dict(), "errors": errors}


def _note(state: Path, source: int, chunk: int | None = None) -> Path:
    return state / (f"{source}.note" if chunk is None else f"{source}/{chunk:08d}.note")


# --- in a worker --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _PageTask:
    """Labels a page; what comes back is its text and its figures, not its lines."""

    cleaner: Cleaner

    def __call__(self, page: Page) -> tuple[str, Totals]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", BoilerkitWarning)  # the figures count what was cut
            document = self._classify(page)
        return document.text, _count(document)

    def _classify(self, page: Page) -> Document:
        if page.kind == "html":
            return self.cleaner.classify_html(page.data, url=page.url, charset=page.charset)
        data = page.data
        text = decode_text(data, charset=page.charset) if isinstance(data, bytes) else data
        return self.cleaner.classify_text(text)


def _count(document: Document) -> Totals:
    kept = dropped = 0
    for line in document.lines:
        if line.kept:
            kept += count_words(line.text)
        else:
            dropped += count_words(line.text)
    return Totals(
        records=1,
        truncated=int(document.truncated is not None),
        words=kept + dropped,
        dropped_words=dropped,
        lines=Counter(line.label.value for line in document.lines),
    )
