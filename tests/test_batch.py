"""Many pages: one Result each, in order, whatever becomes of a page or of the worker that has it."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import joblib
import pytest
from fresh_python import run_python

from boilerkit import CleanConfig, Cleaner, ConfigError, Document, Result, SiteProfile
from boilerkit.batch import map_pages

PAGE = "<h1>Ferry {0}</h1><p>Ferry {0} left the quay on time.</p><p>Log in!!!</p>"
N_PAGES = 300


def pages(count: int = N_PAGES) -> list[str]:
    return [PAGE.format(number) for number in range(count)]


def end_this_process() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Fatal(str):
    """A page that kills the process which receives it, as one does that takes all its memory."""

    def __reduce__(self) -> tuple[Callable[[], None], tuple[()]]:
        return end_this_process, ()


class Unsendable(str):
    def __reduce__(self) -> str | tuple[Any, ...]:
        raise pickle.PicklingError("stays where it is")


def slow(page: str) -> str:
    time.sleep(0.01)
    return page.upper()


def kill_workers(count: int) -> None:
    """Kill one worker after the other, each while there is work."""
    for _ in range(count):
        time.sleep(0.8)
        os.kill(random.choice(sorted(worker_pids())), signal.SIGKILL)


def worker_pids() -> set[int]:
    """Return the processes that joblib's default backend has started."""
    from joblib.externals.loky import reusable_executor

    return set(reusable_executor._executor._processes)


class TestResults:
    @pytest.mark.parametrize("n_jobs", [1, 2])
    def test_are_those_of_the_single_calls_in_order(self, toy: Cleaner, n_jobs: int) -> None:
        found = list(toy.map(pages(), n_jobs=n_jobs))
        assert found == [Result(n, toy.extract(page), None) for n, page in enumerate(pages())]

    @pytest.mark.parametrize("n_jobs", [1, 2])
    @pytest.mark.parametrize("input", ["html", "text"])
    def test_are_documents_when_asked_for(self, toy: Cleaner, input: str, n_jobs: int) -> None:
        items = pages(3)
        classify = toy.classify_html if input == "html" else toy.classify_text
        found = toy.map(items, input=input, output="document", n_jobs=n_jobs)
        assert [result.value for result in found] == [classify(page) for page in items]

    def test_of_texts_are_cleaned_texts(self, toy: Cleaner) -> None:
        found = toy.map(["One\nTwo!!!", "Three"], input="text", n_jobs=1)
        assert [result.value for result in found] == ["One", "Three"]

    @pytest.mark.parametrize("n_jobs", [1, 2])
    def test_have_the_ids_given(self, toy: Cleaner, n_jobs: int) -> None:
        items = [("first", "<p>One"), "<p>Two", (None, b"<p>Three"), (("a", 4), "<p>Four")]
        found = list(toy.map(items, n_jobs=n_jobs))
        assert [result.id for result in found] == ["first", 1, None, ("a", 4)]
        assert [result.value for result in found] == ["One", "Two", "Three", "Four"]

    @pytest.mark.parametrize("n_jobs", [1, 2])
    def test_of_nothing_are_none(self, toy: Cleaner, n_jobs: int) -> None:
        assert list(toy.map([], n_jobs=n_jobs)) == []

    def test_depend_on_configuration_and_site(self, toy_folder: Path) -> None:
        site = SiteProfile().fit(["Harbour news", "Harbour news", "Harbour news"])
        cleaner = Cleaner(config=CleanConfig(keep=["donation"]), model=toy_folder, site=site)
        (found,) = cleaner.map(["Donate!!! @\nNow!!!"], input="text", n_jobs=2)
        assert found.value == cleaner.clean("Donate!!! @\nNow!!!") == "Donate!!! @"


class TestFailures:
    @pytest.mark.parametrize("n_jobs", [1, 2])
    def test_cost_their_item_alone(self, toy: Cleaner, n_jobs: int) -> None:
        items = ["<p>One", None, "<p>Three", ("four", 4), (1, 2, 3)]
        found = list(toy.map(items, n_jobs=n_jobs))
        assert [result.value for result in found] == ["One", None, "Three", None, None]
        assert [result.id for result in found] == [0, 1, 2, "four", 4]
        assert found[0].error is None
        assert (
            found[1].error
            == "TypeError: html must be a str, bytes or an lxml element, not NoneType"
        )

    def test_of_a_page_that_cannot_be_sent_cost_that_page(self, toy: Cleaner) -> None:
        items = pages()
        items[100] = Unsendable("<p>One")
        found = list(toy.map(items, n_jobs=2))
        assert [result.id for result in found if result.error] == [100]
        assert [result.id for result in found] == list(range(N_PAGES))

    def test_of_the_items_come_after_all_results_before(self, toy: Cleaner) -> None:
        def broken() -> Iterator[str]:
            yield from pages(200)
            raise OSError("the disk is gone")

        for n_jobs in (1, 2):
            found = toy.map(broken(), n_jobs=n_jobs)
            assert [next(found).id for _ in range(200)] == list(range(200))
            with pytest.raises(OSError, match="the disk is gone"):
                next(found)


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
class TestKilledWorkers:
    def test_a_page_that_kills_costs_itself_and_is_reported(self, toy: Cleaner) -> None:
        items = pages()
        items[150] = Fatal("<p>One")
        found = list(toy.map(items, n_jobs=2))
        assert [result.id for result in found] == list(range(N_PAGES))
        (lost,) = (result for result in found if result.error is not None)
        assert (lost.id, lost.value) == (150, None)
        assert lost.error is not None
        assert lost.error.startswith("TerminatedWorkerError: ")
        assert [result.value for result in found if result is not lost] == [
            toy.extract(page) for page in items if not isinstance(page, Fatal)
        ]

    def test_a_page_that_kills_may_be_the_only_one(self, toy: Cleaner) -> None:
        (found,) = toy.map([Fatal("<p>One")], n_jobs=2)
        assert found.value is None
        assert found.error

    @pytest.mark.parametrize("n_kills", [1, 2])
    def test_killing_from_outside_loses_nothing_silently(self, n_kills: int) -> None:
        items = [page * 200 for page in pages(800)]
        assert list(map_pages(len, ["<p>One"], n_jobs=2))  # so that there are workers
        killer = threading.Thread(target=kill_workers, args=(n_kills,))
        killer.start()
        found = list(map_pages(slow, items, n_jobs=2))
        assert not killer.is_alive(), "killed too late"
        assert [result.id for result in found] == list(range(len(items)))
        for page, result in zip(items, found, strict=True):
            assert result.error is not None or result.value == page.upper()
        assert [result for result in found if result.error] == []  # it was not the pages' fault

    def test_workers_do_not_outlive_a_killed_caller(self, toy_folder: Path) -> None:
        program = (
            "import os, signal, itertools\n"
            "from boilerkit import Cleaner\n"
            "from joblib.externals.loky import reusable_executor\n"
            f"found = Cleaner(model={str(toy_folder)!r}).map(itertools.repeat('<p>One'), n_jobs=2)\n"
            "next(found)\n"
            "print(*reusable_executor._executor._processes, flush=True)\n"
            "os.kill(os.getpid(), signal.SIGKILL)\n"
        )
        wait_for_end([int(pid) for pid in run_python(program).stdout.split()])

    def test_mortal_workers_do_not_wait_for_the_rest_of_a_message(self) -> None:
        # They are busy while their caller writes more than a pipe holds and is killed over it.
        program = (
            "import os, signal, threading, time\n"
            "from boilerkit.batch import map_pages, mortal_workers\n"
            "from joblib import Parallel, delayed\n"
            "from joblib.externals.loky import reusable_executor\n"
            "with mortal_workers():\n"
            "    Parallel(n_jobs=2)(delayed(abs)(number) for number in range(4))\n"
            "    executor = reusable_executor._executor\n"
            "    print(*executor._processes, flush=True)\n"
            "    for _ in range(2):\n"
            "        executor.submit(time.sleep, 4)\n"
            "    threading.Timer(2, os.kill, (os.getpid(), signal.SIGKILL)).start()\n"
            "    list(map_pages(len, ['x' * 1_000_000] * 8, n_jobs=2))\n"
        )
        wait_for_end([int(pid) for pid in run_python(program).stdout.split()])


def wait_for_end(pids: Sequence[int]) -> None:
    assert len(pids) == 2
    deadline = time.monotonic() + 60
    while any(map(is_running, pids)):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"


class TestLaziness:
    @pytest.mark.parametrize("n_jobs", [1, 2])
    def test_items_are_read_a_bounded_number_ahead(self, n_jobs: int) -> None:
        read = 0

        def endless() -> Iterator[str]:
            nonlocal read
            while True:
                read += 1
                yield "<p>One"

        found = map_pages(len, endless(), n_jobs=n_jobs)
        ahead = []
        for taken in range(1, 20_001):
            next(found)
            ahead.append(read - taken)
        found.close()  # type: ignore[attr-defined]
        assert max(ahead[10_000:]) <= max(ahead[:10_000]) < 10_000

    def test_large_pages_are_read_in_smaller_numbers(self) -> None:
        read = 0

        def endless() -> Iterator[str]:
            nonlocal read
            while True:
                read += 1
                yield "x" * 40_000_000

        found = map_pages(len, endless(), n_jobs=2)
        assert next(found).value == 40_000_000
        found.close()  # type: ignore[attr-defined]
        assert read <= 8

    def test_items_are_read_in_the_thread_of_the_caller(self, toy: Cleaner) -> None:
        readers = set()

        def items() -> Iterator[str]:
            for page in pages():
                readers.add(threading.current_thread())
                yield page

        assert len(list(toy.map(items(), n_jobs=2))) == N_PAGES
        assert readers == {threading.current_thread()}

    def test_one_job_needs_no_joblib(self, toy_folder: Path) -> None:
        program = (
            "import sys, boilerkit\n"
            f"found = boilerkit.Cleaner(model={str(toy_folder)!r}).map(['<p>One'], n_jobs=1)\n"
            "print(list(found), 'joblib' in sys.modules)"
        )
        assert run_python(program).stdout == "[Result(id=0, value='One', error=None)] False\n"


class TestBackends:
    @pytest.mark.parametrize("backend", ["loky", "threading", "multiprocessing"])
    def test_of_joblib_give_the_same(self, toy: Cleaner, backend: str) -> None:
        with joblib.parallel_config(backend=backend):
            found = list(toy.map(pages(), n_jobs=2))
        assert found == list(toy.map(pages(), n_jobs=1))

    def test_a_daemon_works_alone(self, toy_folder: Path) -> None:
        with multiprocessing.get_context("spawn").Pool(1) as pool:  # its workers are daemons
            assert pool.apply(count_pages, (toy_folder,)) == 10


def count_pages(model: Path) -> int:
    return sum(result.error is None for result in Cleaner(model=model).map(pages(10), n_jobs=2))


class TestArguments:
    @pytest.mark.parametrize(
        ("options", "error", "message"),
        [
            ({"input": "pdf"}, ConfigError, "unknown input 'pdf'"),
            ({"output": "lines"}, ConfigError, "or output 'lines'"),
            ({"n_jobs": 0}, ConfigError, "n_jobs must not be 0"),
            ({"n_jobs": "2"}, TypeError, "n_jobs must be an int, not str"),
            ({"n_jobs": True}, TypeError, "n_jobs must be an int, not bool"),
        ],
    )
    def test_are_checked_by_the_call(
        self, toy: Cleaner, options: dict[str, Any], error: type[Exception], message: str
    ) -> None:
        with pytest.raises(error, match=message):
            toy.map([], **options)

    @pytest.mark.parametrize("items", ["<p>One", b"<p>One", None, 3])
    def test_one_page_is_no_collection(self, toy: Cleaner, items: Any) -> None:
        with pytest.raises(TypeError, match="items must be a collection of pages"):
            toy.map(items)

    def test_a_result_can_hold_a_document(self, toy: Cleaner) -> None:
        (found,) = toy.map(["<p>One"], output="document", n_jobs=1)
        assert isinstance(found.value, Document)
