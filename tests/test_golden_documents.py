"""The same answers on every machine, and the same bytes in every thread, process and order.

The former are stored (see golden_documents.py) and compared wherever the tests run: on each Python
and each numpy and lxml of ``.ci/full``, and here with two kernels of OpenBLAS.
"""

from __future__ import annotations

import hashlib
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fresh_python import run_python
from golden_documents import (
    GOLDEN,
    MIN_DISTANCE,
    TOLERANCE,
    classify,
    differences,
    distance,
    is_fit,
    is_well_formed,
    packaged_model,
    read_golden,
)

from benchmarks.corpus import read_corpus
from boilerkit import Cleaner

STORED = read_golden()
DOCUMENTS = STORED["documents"]
ITEMS = {item.name: item for item in read_corpus()}
N_THREADS = 8
# With and without fused sums. With older ones OpenBLAS 0.3.34 crashes now and then on any product.
KERNELS = ("Nehalem", "Haswell")


class TestStored:
    def test_is_of_the_packaged_model(self) -> None:
        remedy = f"{GOLDEN.name} is of another model: run python -m tests.golden_documents"
        assert STORED["model"] == packaged_model(), remedy

    def test_pages_and_texts_of_many_languages_are_stored(self) -> None:
        for kind in ("pages", "texts"):
            names = [Path(name).name for name in DOCUMENTS if name.startswith(kind)]
            assert len(names) >= 12
            assert len({name[:2] for name in names}) >= 6

    @pytest.mark.parametrize("name", DOCUMENTS)
    def test_each_must_be_read_alike_everywhere(self, name: str) -> None:
        assert is_fit(ITEMS[name])

    def test_no_score_is_near_a_cut(self, shipped: Cleaner) -> None:
        for name in DOCUMENTS:
            assert distance(shipped, name, classify(shipped, ITEMS[name])) > MIN_DISTANCE

    def test_what_is_said_is_what_was_stored(self, shipped: Cleaner) -> None:
        assert differences(DOCUMENTS, shipped) == []

    @pytest.mark.parametrize("key", ["text", "labels", "scores"])
    def test_a_difference_would_be_seen(self, shipped: Cleaner, key: str) -> None:
        name, document = next(iter(DOCUMENTS.items()))
        others = {
            "text": document["text"] + "\n",
            "labels": [*document["labels"][:-1], "empty"],
            "scores": [*document["scores"][:-1], document["scores"][-1] + 2 * TOLERANCE],
        }
        found = differences({name: {**document, key: others[key]}}, shipped)
        assert len(found) == 1
        assert key in found[0]


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("<!DOCTYPE html><p>One<br>two <img src=x></p>", True),
        ("<p>One", False),
        ("<ul><li>One<li>two</ul>", False),
        ("<b><i>One</b></i>", False),
        ("One</p>", False),
    ],
)
def test_what_is_well_formed(page: str, expected: bool) -> None:
    assert is_well_formed(page) == expected


PROGRAM = """
from golden_documents import differences, read_golden
from boilerkit import Cleaner
print(*differences(read_golden()["documents"], Cleaner()), sep="\\n", end="")
"""
# After the import of numpy: what the process computes with, where that can be told.
WHICH_KERNEL = """
import numpy, sys
try:
    from threadpoolctl import threadpool_info
except ImportError:
    sys.exit()
print(*[info["architecture"] for info in threadpool_info() if "architecture" in info], end="")
"""


def run_here(program: str, root: Path) -> str:
    """Return what a program prints that may import the tests' modules and the benchmarks."""
    done = run_python(program, path=(root / "tests", root))
    assert done.returncode == 0, done.stderr
    return done.stdout


class TestKernels:
    @pytest.mark.parametrize("threads", ["1", "8"])
    @pytest.mark.parametrize("kernel", KERNELS)
    def test_answers_are_those_stored(
        self, root: Path, monkeypatch: pytest.MonkeyPatch, kernel: str, threads: str
    ) -> None:
        monkeypatch.setenv("OPENBLAS_CORETYPE", kernel)
        monkeypatch.setenv("OPENBLAS_NUM_THREADS", threads)
        assert run_here(PROGRAM, root) == ""

    def test_kernels_differ(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        told = set()
        for kernel in KERNELS:
            monkeypatch.setenv("OPENBLAS_CORETYPE", kernel)
            told.add(run_here(WHICH_KERNEL, root))
        if told == {""}:
            pytest.skip("needs threadpoolctl and an OpenBLAS to tell what numpy computes with")
        assert len(told) == len(KERNELS)


def digest(cleaner: Cleaner, names: list[str]) -> dict[str, str]:
    """Return a checksum of all that is said of each document."""
    documents = {name: classify(cleaner, ITEMS[name]) for name in names}
    return {
        name: hashlib.sha256(document.to_json().encode()).hexdigest()
        for name, document in documents.items()
    }


class TestBytes:
    def test_eight_threads_at_once_in_any_order(self, shipped: Cleaner) -> None:
        names = list(DOCUMENTS)
        alone = digest(shipped, names)
        orders = [random.Random(n).sample(names, len(names)) for n in range(N_THREADS)]
        with ThreadPoolExecutor(N_THREADS) as pool:
            assert all(pool.map(lambda order: digest(shipped, order) == alone, orders))

    def test_processes_of_other_hashes_and_threads(
        self, shipped: Cleaner, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        names = list(DOCUMENTS)
        program = (
            "from boilerkit import Cleaner\nfrom test_golden_documents import digest\n"
            f"print(sorted(digest(Cleaner(), {names[::-1]}).items()), end='')"
        )
        for seed, threads in (("0", "1"), ("1", "8")):
            monkeypatch.setenv("PYTHONHASHSEED", seed)
            monkeypatch.setenv("OPENBLAS_NUM_THREADS", threads)
            assert run_here(program, root) == str(sorted(digest(shipped, names).items()))
