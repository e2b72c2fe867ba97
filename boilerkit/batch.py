"""Many pages → one Result each, in order, through the workers of joblib.

Pages travel in batches, batches in rounds. A round that a worker did not survive is repeated in
ever smaller parts: a page that kills a worker even when it is alone is reported and costs itself.
"""

from __future__ import annotations

import os
import pickle
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final, TypeAlias, TypeVar

from boilerkit.errors import BoilerkitError, ConfigError
from boilerkit.records import Result

__all__ = ["Task", "check_jobs", "map_pages", "mortal_workers"]

T = TypeVar("T")

Task: TypeAlias = Callable[[Any], Any]
_Item: TypeAlias = tuple[Any, Any]  # id, page
_Answer: TypeAlias = tuple[Any, str | None]  # value, error
_Batch: TypeAlias = Sequence[_Item]
_Run: TypeAlias = Callable[[Sequence[_Batch]], list[list[_Answer]]]

# A batch costs its worker some 50 ms and its way there and back 1 ms; a round has so many of them
# that waiting for its last one costs little.
_BATCH_PAGES: Final = 64
_BATCH_SIZE: Final = 2**18
_ROUND_BATCHES: Final = 16  # a job
_ROUND_SIZE: Final = 2**25  # a job
_ROUNDS_AHEAD: Final = 2
_PARTS: Final = 8  # of a round that failed
_SECONDS_BETWEEN_LOOKS: Final = 0.5


class _UnknownTaskError(BoilerkitError):
    """The worker has not seen the task yet."""


@dataclass(frozen=True, slots=True)
class _Parcel:
    """A task by its name; its pickle travels only to workers that do not know the name."""

    name: str
    parent: int
    pickled: bytes | None = field(compare=False, repr=False)


def check_jobs(n_jobs: object) -> None:
    """Raise TypeError or ConfigError for what is no number of jobs."""
    if not isinstance(n_jobs, int) or isinstance(n_jobs, bool):
        raise TypeError(f"n_jobs must be an int, not {type(n_jobs).__name__}")
    if n_jobs == 0:
        raise ConfigError("n_jobs must not be 0: give 1 for this process, -1 for all cores")


def map_pages(task: Task, items: Iterable[Any], *, n_jobs: int) -> Iterator[Result]:
    """Yield the Result of each item, in order: what `task` returns for its page, or its error.

    task: is given a page; must be picklable unless `n_jobs` is 1.
    items: pages, or pairs of an id and a page; without ids the place (from 0 on) is the id.
    n_jobs: as in joblib, whose active backend is asked; 1 means this process and no joblib.

    The items are read by the caller's thread, a bounded number of them ahead. What they raise is
    raised after the results of all items before.
    """
    pairs = (_pair(place, item) for place, item in enumerate(items))
    if n_jobs != 1:
        from joblib import Parallel, effective_n_jobs

        n_jobs = effective_n_jobs(n_jobs)
    if n_jobs == 1:
        for id, page in pairs:
            yield Result(id, *_answer(task, page))
        return
    # The batches are ours: joblib must not join or hold back any.
    parallel = Parallel(n_jobs=n_jobs, batch_size=1, pre_dispatch="all", max_nbytes=None)
    with ThreadPoolExecutor(1) as pool, parallel:
        run = _runner(task, parallel)
        try:
            yield from _in_order(_rounds(pairs, n_jobs), lambda r: pool.submit(_finish, run, r))
        finally:
            pool.shutdown(cancel_futures=True)


@contextmanager
def mortal_workers() -> Iterator[None]:
    """Within the block, the processes that `map_pages` works in end soon after this one was killed.

    Others end only if they were not in the middle of a message; else they wait for its rest. For
    programs of our own: joblib's processes, which others may be using, are started anew for it.
    """
    from joblib import parallel_config

    with parallel_config(backend="loky", initializer=_watch, initargs=(os.getpid(),)):
        yield


def _pair(place: int, item: Any) -> _Item:
    return item if isinstance(item, tuple) and len(item) == 2 else (place, item)


def _in_order(
    rounds: Iterator[list[_Batch]], submit: Callable[[list[_Batch]], Future[list[Result]]]
) -> Iterator[Result]:
    """Yield the results of all rounds while the next ones are read and worked on."""
    pending: deque[Future[list[Result]]] = deque()
    reading = True
    while reading or pending:
        while reading and len(pending) < _ROUNDS_AHEAD:
            try:
                pending.append(submit(next(rounds)))
            except StopIteration:
                reading = False
            except Exception as error:
                pending.append(_failed(error))
                reading = False
        if pending:
            yield from pending.popleft().result()


def _failed(error: Exception) -> Future[list[Result]]:
    future: Future[list[Result]] = Future()
    future.set_exception(error)
    return future


# --- cutting ------------------------------------------------------------------------------------


def _rounds(pairs: Iterable[_Item], n_jobs: int) -> Iterator[list[_Batch]]:
    batches = _groups(pairs, _BATCH_PAGES, _BATCH_SIZE, lambda pair: _size(pair[1]))
    return _groups(
        batches,
        _ROUND_BATCHES * n_jobs,
        _ROUND_SIZE * n_jobs,
        lambda batch: sum(_size(page) for _, page in batch),
    )


def _groups(
    things: Iterable[T], count: int, size: int, size_of: Callable[[T], int]
) -> Iterator[list[T]]:
    """Yield lists that end with the thing that brings them to `count` or to `size`."""
    group: list[T] = []
    total = 0
    try:
        for thing in things:
            group.append(thing)
            total += size_of(thing)
            if len(group) >= count or total >= size:
                yield group
                group, total = [], 0
    except Exception:
        if group:
            yield group
        raise
    if group:
        yield group


def _size(page: Any) -> int:
    try:
        return len(page)
    except TypeError:
        return 0


# --- in the caller's process ---------------------------------------------------------------------


def _runner(task: Task, parallel: Any) -> _Run:
    """Return what has batches worked on; it raises what the backend raises for a lost worker."""
    from joblib import delayed

    pickled = pickle.dumps(task, pickle.HIGHEST_PROTOCOL)
    known = _Parcel(sha256(pickled).hexdigest(), os.getpid(), None)
    whole = _Parcel(known.name, known.parent, pickled)

    def run(batches: Sequence[_Batch]) -> list[list[_Answer]]:
        pages = [[_pack(page) for _, page in batch] for batch in batches]
        answers = parallel(delayed(_work)(known, batch) for batch in pages)
        unknown = [place for place, answer in enumerate(answers) if answer is None]
        if unknown:
            again = parallel(delayed(_work)(whole, pages[place]) for place in unknown)
            for place, answer in zip(unknown, again, strict=True):
                answers[place] = answer
        done: list[list[_Answer]] = answers
        return done

    return run


def _finish(run: _Run, batches: Sequence[_Batch]) -> list[Result]:
    """Return the results of the batches; only what fails alone gets the backend's error."""
    try:
        answers = run(batches)
    except Exception as error:  # each backend has its own for a lost worker
        units = batches if len(batches) > 1 else [[item] for item in batches[0]]
        if len(units) == 1:
            return [Result(units[0][0][0], None, _reason(error))]
        step = -(-len(units) // _PARTS)
        parts = (units[start : start + step] for start in range(0, len(units), step))
        return [result for part in parts for result in _finish(run, part)]
    return [
        Result(id, *answer)
        for batch, found in zip(batches, answers, strict=True)
        for (id, _), answer in zip(batch, found, strict=True)
    ]


def _pack(page: Any) -> bytes | str:
    """Return a page's pickle, or why there is none.

    Backends stumble over what cannot be pickled, at the cost of everything on its way with it.
    """
    try:
        return pickle.dumps(page, pickle.HIGHEST_PROTOCOL)
    except Exception as error:  # of the page's own making
        return _reason(error)


def _reason(error: BaseException) -> str:
    return f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"


# --- in a worker --------------------------------------------------------------------------------


def _work(parcel: _Parcel, packed: Sequence[bytes | str]) -> list[_Answer] | None:
    """Return a value or an error for each page; None if the parcel's task is not known yet."""
    try:
        task = _unpack(parcel)
    except _UnknownTaskError:
        return None
    return [
        (None, data) if isinstance(data, str) else _answer(lambda d: task(pickle.loads(d)), data)
        for data in packed
    ]


@lru_cache(maxsize=2)
def _unpack(parcel: _Parcel) -> Task:
    if parcel.pickled is None:
        raise _UnknownTaskError(parcel.name)
    if os.getppid() == parcel.parent:
        _watch(parcel.parent)
    task: Task = pickle.loads(parcel.pickled)
    return task


def _watch(parent: int) -> None:
    """Make this process end soon after its parent was killed: joblib's would wait for minutes."""
    threading.Thread(target=_die_with, args=(parent,), daemon=True).start()


def _die_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_SECONDS_BETWEEN_LOOKS)
    os._exit(1)


def _answer(task: Task, page: Any) -> _Answer:
    try:
        return task(page), None
    except Exception as error:  # whatever a page does to its task costs that page alone
        return None, _reason(error)
