"""One cleaner, many users: threads, processes, any order, copies; and nothing in it changes."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
import random
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest
from strategies import CHROME, PROSE, WORDLESS

import boilerkit
from boilerkit import CleanConfig, Cleaner, Document

N_THREADS = 8
ROUNDS = 2


def make_texts() -> list[str]:
    """Return texts of different sizes, the same on every call."""
    rng = random.Random(20261122)
    lines = [*PROSE, *CHROME, *WORDLESS, "", "  "]
    return ["\n".join(rng.choices(lines, k=size)) for size in (1, 2, 3, 5, 8, 13, 40, 200)]


def make_pages() -> list[str]:
    return [
        "<h1>The piano</h1>" + "".join(f"<p class=c{len(line) % 3}>{line}</p>" for line in text.split("\n"))
        for text in make_texts()
    ]  # fmt: skip


def answers(cleaner: Cleaner) -> list[Document]:
    documents = [cleaner.classify_text(text) for text in make_texts()]
    return documents + [cleaner.classify_html(page) for page in make_pages()]


class TestThreads:
    def test_eight_at_once_get_what_one_gets(self, cleaner: Cleaner) -> None:
        alone = answers(cleaner)
        with ThreadPoolExecutor(N_THREADS) as pool:
            found = list(pool.map(answers, [cleaner] * N_THREADS * ROUNDS))
        assert all(documents == alone for documents in found)

    def test_a_cleaner_can_be_made_in_every_thread(self, toy_folder: Path) -> None:
        alone = answers(Cleaner(model=toy_folder))
        with ThreadPoolExecutor(N_THREADS) as pool:
            made = pool.map(lambda _: answers(Cleaner(model=toy_folder)), range(N_THREADS))
        assert all(documents == alone for documents in made)

    def test_the_default_cleaner_may_be_built_by_any_of_them(self) -> None:
        boilerkit._default_cleaner.cache_clear()
        text = make_texts()[-1]
        with ThreadPoolExecutor(N_THREADS) as pool:
            found = list(pool.map(boilerkit.clean, [text] * N_THREADS))
        assert set(found) == {boilerkit.clean(text)}


class TestOrder:
    def test_earlier_documents_change_nothing(self, cleaner: Cleaner) -> None:
        texts, pages = make_texts(), make_pages()
        forwards = (
            [cleaner.clean(text) for text in texts],
            [cleaner.extract(page) for page in pages],
        )
        backwards = (
            [cleaner.clean(text) for text in texts[::-1]][::-1],
            [cleaner.extract(page) for page in pages[::-1]][::-1],
        )
        assert list(forwards) == list(backwards)

    def test_the_same_text_twice_gives_the_same_document(self, cleaner: Cleaner) -> None:
        text = make_texts()[-1]
        assert cleaner.classify_text(text) == cleaner.classify_text(text)


class TestCopies:
    @pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
    def test_a_pickled_cleaner_answers_alike(self, cleaner: Cleaner, protocol: int) -> None:
        restored = pickle.loads(pickle.dumps(cleaner, protocol))
        assert restored.config == cleaner.config
        assert answers(restored) == answers(cleaner)

    @pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy])
    def test_a_copy_answers_alike(self, cleaner: Cleaner, duplicate: object) -> None:
        assert answers(duplicate(cleaner)) == answers(cleaner)  # type: ignore[operator]

    def test_the_configuration_travels_along(self, toy_folder: Path) -> None:
        config = CleanConfig(keep=["donation"], operating_point="greedy", max_bytes=None)
        restored = pickle.loads(pickle.dumps(Cleaner(config=config, model=toy_folder)))
        assert restored.config == config
        assert restored.clean("a @!!!\nb!") == "a @!!!"

    def test_documents_and_lines_can_be_pickled(self, toy: Cleaner) -> None:
        document = toy.classify_html("<h1>One</h1><p>two!!! @")
        assert pickle.loads(pickle.dumps(document)) == document

    def test_a_spawned_process_answers_alike(self, cleaner: Cleaner) -> None:
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(1, mp_context=context) as pool:
            assert pool.submit(answers, cleaner).result(timeout=120) == answers(cleaner)


class TestImmutability:
    @pytest.mark.parametrize("name", ["_config", "_backend", "config", "backend", "anything"])
    def test_nothing_can_be_set(self, toy: Cleaner, name: str) -> None:
        with pytest.raises(AttributeError):
            setattr(toy, name, None)

    @pytest.mark.parametrize("name", ["_config", "_backend", "config"])
    def test_nothing_can_be_deleted(self, toy_folder: Path, name: str) -> None:
        cleaner = Cleaner(model=toy_folder)
        with pytest.raises(AttributeError):
            delattr(cleaner, name)
        assert cleaner.clean("One") == "One"

    def test_a_page_given_as_bytes_or_text_is_left_alone(self, toy: Cleaner) -> None:
        page = bytearray(b"<p>One</p>")
        given = bytes(page)
        toy.extract(given)
        assert given == page

    def test_changing_what_a_configuration_was_made_of_changes_nothing(
        self, toy_folder: Path
    ) -> None:
        keep = {"donation"}
        cleaner = Cleaner(config=CleanConfig(keep=keep), model=toy_folder)
        keep.clear()
        assert cleaner.clean("a @!!!") == "a @!!!"


class TestModuleFunctions:
    def test_are_the_default_cleaners(self, shipped: Cleaner) -> None:
        text, page = make_texts()[-1], make_pages()[-1]
        assert boilerkit.clean(text) == shipped.clean(text)
        assert boilerkit.classify_text(text) == shipped.classify_text(text)
        assert boilerkit.extract(page) == shipped.extract(page)
        assert boilerkit.classify_html(page) == shipped.classify_html(page)

    def test_take_a_configuration(self) -> None:
        config = CleanConfig(drop=[])
        text = make_texts()[-1]
        assert boilerkit.clean(text, config=config) == text
        assert boilerkit.classify_html("<p>Log in", config=config).lines[0].kept

    def test_extract_is_the_text_of_classify_html(self, cleaner: Cleaner) -> None:
        for page in make_pages():
            assert cleaner.extract(page) == cleaner.classify_html(page).text
