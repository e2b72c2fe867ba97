"""Workers and their cache: answers, crashes, time-outs, and that nothing runs twice."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import outputs, systems, worker
from benchmarks.outputs import Answer, OutputCache, Peer, Worker, collect, find_peers
from benchmarks.systems import SYSTEMS, System, fingerprint

# Systems of our own, loaded by the real worker in a package of the same name.
STUB_SYSTEMS = """
import os, sys, time
from dataclasses import dataclass
from typing import Callable

@dataclass(frozen=True)
class System:
    name: str
    extract: Callable[[bytes], str]

def echo(html):
    print("a library that prints")
    os.write(1, b"even below Python")
    return html.decode()

def fail(html):
    raise RuntimeError("no title" + "!" * 400)

def spin(html):
    while html == b"spin":
        pass
    return "done"

def sleep(html):
    time.sleep(60 if html == b"sleep" else 0)
    return "done"

def die(html):
    if html == b"die":
        os._exit(3)
    return "alive"

SYSTEMS = {f.__name__: System(f.__name__, f) for f in (echo, fail, spin, sleep, die)}

def installed_version(system):
    return None if system.name == "fail" else "1.0"
"""


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the real worker beside stub systems, in place of the project's own."""
    package = tmp_path / "checkout" / "benchmarks"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "systems.py").write_text(STUB_SYSTEMS)
    shutil.copy(worker.__file__, package / "worker.py")
    monkeypatch.setattr(outputs, "CHECKOUT", package.parent)
    return package.parent


@pytest.fixture
def start(checkout: Path) -> Iterator[Worker]:
    with Worker(Peer("echo", "1.0", sys.executable)) as running:
        yield running


def test_answers_are_the_texts_whatever_the_library_prints(start: Worker) -> None:
    assert start.run("é\n漢".encode()) == Answer("ok", "é\n漢")
    assert start.run(b"") == Answer("ok", "")
    assert start.run(b"x" * 300_000).text == "x" * 300_000


@pytest.mark.usefixtures("checkout")
def test_an_exception_is_a_crash_with_its_reason() -> None:
    with Worker(Peer("fail", "1.0", sys.executable)) as running:
        answer = running.run(b"page")
        assert answer.status == "crash"
        assert answer.text == ""
        assert answer.detail.startswith("RuntimeError: no title!")
        assert len(answer.detail) == 300


@pytest.mark.usefixtures("checkout")
def test_a_page_that_computes_for_too_long_is_a_time_out_and_the_next_one_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outputs, "_CLOCK_FACTOR", 1000.0)  # a busy machine is no waiting worker
    with Worker(Peer("spin", "1.0", sys.executable), limit_seconds=0.3) as running:
        assert running.run(b"spin") == Answer("time-out", detail="SIGPROF")
        assert running.run(b"page") == Answer("ok", "done")


@pytest.mark.usefixtures("checkout")
def test_a_page_that_waits_for_too_long_is_a_time_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outputs, "_CLOCK_FACTOR", 1.0)
    with Worker(Peer("sleep", "1.0", sys.executable), limit_seconds=1.0) as running:
        assert running.run(b"sleep") == Answer("time-out", detail="SIGKILL")
        assert running.run(b"page") == Answer("ok", "done")


@pytest.mark.usefixtures("checkout")
def test_a_process_that_dies_is_a_crash() -> None:
    with Worker(Peer("die", "1.0", sys.executable)) as running:
        answer = running.run(b"die")
        assert (answer.status, answer.detail) == ("crash", "the process ended with code 3")
        assert running.run(b"page") == Answer("ok", "alive")


@pytest.mark.usefixtures("checkout")
def test_peers_are_what_the_interpreters_have_installed() -> None:
    peers = find_peers([sys.executable])
    assert sorted(peers) == ["die", "echo", "sleep", "spin"]
    assert peers["echo"] == Peer("echo", "1.0", sys.executable)


class TestCache:
    peer = Peer("nothing", "-", sys.executable)

    def test_gives_back_what_was_put(self, tmp_path: Path) -> None:
        cache = OutputCache(tmp_path)
        answer = Answer("ok", "text with a lone \ud800 surrogate")
        cache.put("a 1.0 00", b"page", answer)
        assert OutputCache(tmp_path).get("a 1.0 00", b"page") == answer

    def test_misses_for_another_page_version_or_adapter(self, tmp_path: Path) -> None:
        cache = OutputCache(tmp_path)
        cache.put("a 1.0 00", b"page", Answer("ok", "x"))
        assert cache.get("a 1.0 00", b"other") is None
        assert cache.get("a 1.1 00", b"page") is None
        assert cache.get("a 1.0 01", b"page") is None

    def test_a_page_runs_once(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        cache = OutputCache(tmp_path)
        first = list(collect(self.peer, [b"one", b"two"], cache))
        monkeypatch.setattr(Worker, "run", lambda self, html: pytest.fail("ran again"))
        assert list(collect(self.peer, [b"two", b"one"], cache)) == first == [Answer("ok")] * 2

    def test_misses_are_kept_too(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        cache = OutputCache(tmp_path)
        monkeypatch.setattr(Worker, "run", lambda self, html: Answer("crash", detail="E"))
        assert list(collect(self.peer, [b"one"], cache)) == [Answer("crash", detail="E")]
        monkeypatch.setattr(Worker, "run", lambda self, html: pytest.fail("ran again"))
        assert list(collect(self.peer, [b"one"], cache)) == [Answer("crash", detail="E")]

    def test_a_page_runs_again_where_a_package_was_missing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        cache = OutputCache(tmp_path)
        answers = [Answer("crash", detail="ImportError: install jieba"), Answer("ok", "text")]
        monkeypatch.setattr(Worker, "run", lambda self, html: answers.pop(0))
        found = [next(collect(self.peer, [b"one"], cache)) for _ in range(3)]
        assert [answer.status for answer in found] == ["crash", "ok", "ok"]


class TestSystems:
    def test_names_are_their_keys_and_labels_differ(self) -> None:
        assert all(name == system.name for name, system in SYSTEMS.items())
        assert len({system.label for system in SYSTEMS.values()}) == len(SYSTEMS)

    def test_the_fingerprint_follows_the_adapters_code(self) -> None:
        first = System("a", "a", None, systems.nothing)
        second = System("a", "a", None, systems.inscriptis)
        assert fingerprint(first) != fingerprint(second)
        assert fingerprint(first) == fingerprint(System("b", "b", "p", systems.nothing))

    @pytest.mark.parametrize(
        ("html", "text"),
        [
            ("<p>é".encode(), "<p>é"),
            (b"\xef\xbb\xbf<p>", "<p>"),
            ('<meta charset="iso-8859-2"><p>ł'.encode("iso-8859-2"), None),
            (b"<p>\x93quoted\x94", "<p>\u201cquoted\u201d"),
            (b"<meta charset=klingon><p>\xe9", "<meta charset=klingon><p>\xe9"),
        ],
    )
    def test_decoding_for_libraries_that_take_no_bytes(self, html: bytes, text: str | None) -> None:
        assert systems.decode(html) == (text or '<meta charset="iso-8859-2"><p>ł')
