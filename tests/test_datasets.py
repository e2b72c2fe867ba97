"""Loaders of the labelled data, on a corpus of our own in the data sets' layouts."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest
from tiny_corpus import PAGES_PER_SITE, SITES, write_tiny_corpus

from boilerkit import ConfigError
from boilerkit.labels import Label
from boilerkit.train.datasets import (
    PAGE_SETS,
    cache_folder,
    load_appeals,
    load_pages,
    load_typed_documents,
)


@pytest.fixture(scope="module")
def corpus_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_corpus(tmp_path_factory.mktemp("corpus"))


class TestPages:
    def test_wcxb(self, corpus_folder: Path) -> None:
        pages = load_pages("wcxb-dev", corpus_folder)
        assert [page.id for page in pages] == sorted(page.id for page in pages)
        assert len(pages) == PAGES_PER_SITE * len(SITES)
        first, second = pages[:2]
        assert (first.url, first.site) == (None, "wcxb-dev:0000")
        assert second.site == f"www.{SITES[0]}.example"
        assert {page.page_type for page in pages} == {"article", "listing"}
        assert {page.lang for page in pages} == {"en"}
        assert all(page.gold and page.title for page in pages)
        assert first.read_html().startswith(b"<!DOCTYPE html>")

    def test_fundus(self, corpus_folder: Path) -> None:
        pages = load_pages("fundus-dev", corpus_folder)
        assert len(pages) == 7
        assert pages[0].id == "no__Posten1_2026_01_01"
        assert pages[0].site == "www.posten1.example"
        assert pages[0].gold is not None
        assert pages[0].title not in pages[0].gold.split("\n")

    def test_trafilatura_eval(self, corpus_folder: Path) -> None:
        pages = load_pages("trafilatura-eval", corpus_folder)
        assert len(pages) == 8
        assert all(page.gold is None and page.required and page.forbidden for page in pages)
        assert pages[0].url is None
        assert pages[0].site == "www.blad0.example"
        assert pages[1].url == "https://blad1.example/1"

    def test_an_unknown_set_is_a_config_error_that_lists_what_exists(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match="'news'.*wcxb-dev.*fundus-dev"):
            load_pages("news", tmp_path)

    @pytest.mark.parametrize("name", sorted(PAGE_SETS))
    def test_a_missing_set_is_named_with_the_place_looked_at(
        self, name: str, tmp_path: Path
    ) -> None:
        with pytest.raises(FileNotFoundError, match=name) as error:
            load_pages(name, tmp_path)
        assert str(tmp_path) in str(error.value)


class TestArchives:
    @pytest.fixture
    def packed(self, corpus_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setenv("BOILERKIT_CACHE", str(tmp_path / "cache"))
        root = tmp_path / "data"
        (root / "datasets").mkdir(parents=True)
        with tarfile.open(root / "datasets" / "fundus-dev.tar.xz", "w:xz") as archive:
            archive.add(corpus_folder / "fundus-dev", "fundus-dev")
        return root

    def test_are_unpacked_once_into_the_cache(self, packed: Path, corpus_folder: Path) -> None:
        pages = load_pages("fundus-dev", packed)
        assert [page.gold for page in pages] == [
            page.gold for page in load_pages("fundus-dev", corpus_folder)
        ]
        assert all(cache_folder() in page.path.parents for page in pages)
        stamp = pages[0].path.stat().st_mtime_ns
        pages[0].path.with_name("kept").touch()
        assert load_pages("fundus-dev", packed)[0].path.stat().st_mtime_ns == stamp
        assert pages[0].path.with_name("kept").exists()

    def test_leave_the_data_folder_alone(self, packed: Path) -> None:
        load_pages("fundus-dev", packed)
        assert [path.name for path in packed.rglob("*")] == ["datasets", "fundus-dev.tar.xz"]

    def test_leave_no_half_unpacked_folder(self, packed: Path) -> None:
        load_pages("fundus-dev", packed)
        assert len(list((cache_folder() / "datasets").iterdir())) == 1

    def test_a_member_that_leaves_the_folder_is_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("BOILERKIT_CACHE", str(tmp_path / "cache"))
        (tmp_path / "canary").write_text("out")
        with tarfile.open(tmp_path / "fundus-dev.tar.xz", "w:xz") as archive:
            archive.add(tmp_path / "canary", "../../../escaped")
        with pytest.raises((tarfile.TarError, OSError)):
            load_pages("fundus-dev", tmp_path)
        assert not list(tmp_path.rglob("escaped"))


class TestLabels:
    def test_typed_documents_know_their_pages_site(self, corpus_folder: Path) -> None:
        documents = load_typed_documents(corpus_folder)
        by_set = {document.dataset: document for document in documents}
        assert by_set["wcxb-dev"].site.endswith(".example")
        assert by_set["fundus-dev"].site == "www.posten7.example"
        assert by_set["fundus-dev"].page == "no/Posten7_2026_01_07"
        assert by_set["goose3"].site == "www.lone5.example"
        for document in documents:
            assert len(document.lines) == len(document.labels)
            assert set(document.labels) <= {label.value for label in Label}

    def test_appeals(self, corpus_folder: Path) -> None:
        appeals = load_appeals(corpus_folder)
        assert len(appeals) == 36
        assert appeals[0].label == "donation"

    def test_missing_labels_are_named(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError, match=r"appeals-dev\.jsonl"):
            load_appeals(tmp_path)
