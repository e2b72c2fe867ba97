"""Data sets: layouts, the pages that stay out, archives unpacked in place, checksums."""

from __future__ import annotations

import gzip
import io
import json
import sys
import tarfile
from dataclasses import replace
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from benchmarks_standins import write_gz, write_wcxb

from benchmarks import pages
from benchmarks.datasets import (
    DATA_SETS,
    ChecksumError,
    DataSet,
    Kind,
    Measure,
    Source,
    Upstream,
    check_archive,
    check_pages,
    load,
    pages_checksum,
    unpack_once,
)
from boilerkit.errors import MissingDependencyError


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BOILERKIT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def make_dataset(**changes: object) -> DataSet:
    values: dict[str, object] = {
        "name": "own",
        "title": "Own",
        "kind": Kind.DEV,
        "measure": Measure.WORDS,
        "source": Source("CC0", "-"),
        "folder": "own",
        "read": lambda root: [],
    }
    return DataSet(**{**values, **changes})  # type: ignore[arg-type]


@pytest.mark.filterwarnings("ignore:.*are left out")
class TestWcxb:
    def test_dev_leaves_out_what_metadata_puts_into_test(self, tmp_path: Path) -> None:
        folder = write_wcxb(tmp_path / "wcxb")
        with pytest.warns(UserWarning, match="1 pages in WCXB's dev/ are left out"):
            assert [page.id for page in pages.load_wcxb(folder, "dev")] == ["0001", "0003"]
        assert [page.id for page in pages.load_wcxb(folder, "test")] == ["0002"]

    def test_pages_are_unzipped_and_labelled(self, tmp_path: Path) -> None:
        first, third = pages.load_wcxb(write_wcxb(tmp_path / "wcxb"), "dev")
        assert first.read_html().startswith(b"<html lang=en>")
        assert first.gold == "The heron of page 0001 stands in the reeds."
        assert (first.page_type, first.lang, first.site) == ("article", "en", "site0001.example")
        assert (first.required, first.forbidden) == (("heron of page",), ("Share this",))
        assert (third.page_type, third.url, third.site) == ("forum", None, "wcxb-dev:0003")

    def test_both_splits_come_from_one_upstream_archive(self, tmp_path: Path) -> None:
        write_wcxb(tmp_path / "repository-main")
        archive = tmp_path / "data" / "datasets" / "web-content-extraction-benchmark.tar.gz"
        archive.parent.mkdir(parents=True)
        with tarfile.open(archive, "w:gz") as tar:
            tar.add(tmp_path / "repository-main", "repository-main")
        test = list(DATA_SETS["wcxb-test"].read(tmp_path / "data"))
        dev = list(DATA_SETS["wcxb-dev"].read(tmp_path / "data"))
        assert [page.id for page in test] == ["0002"]
        assert [page.id for page in dev] == ["0001", "0003"]


class TestArticleExtractionBenchmark:
    def test_layout(self, tmp_path: Path) -> None:
        folder = tmp_path / "article-extraction-benchmark"
        truth = {"b2": {"articleBody": "Two.", "url": "https://news.example.org/2"}, "a1": {}}
        truth["a1"] = {"articleBody": "One."}
        write_gz(folder / "html" / "a1.html.gz", "<html lang='de'><p>One.")
        write_gz(folder / "html" / "b2.html.gz", "<p>Two.")
        (folder / "ground-truth.json").write_text(json.dumps(truth))
        dataset = DATA_SETS["article-extraction-benchmark"]
        first, second = load(dataset, tmp_path)
        assert (first.id, first.gold, first.lang, first.site) == ("a1", "One.", "de", "aeb:a1")
        assert (second.id, second.site) == ("b2", "example.org")
        assert second.read_html() == b"<p>Two."
        assert dataset.measure is Measure.SHINGLES
        assert dataset.kind is Kind.EXAM


class StubParser:
    """Stands in for a publisher's Fundus parser."""

    def parse(self, html: str, error_handling: str) -> dict[str, object]:
        if "video" in html:
            return {"body": None}
        section = SimpleNamespace(headline=["Sub  head"], paragraphs=["Second.", " "])
        return {"body": SimpleNamespace(summary=["First\nline."], sections=[section])}


@pytest.fixture
def fundus(monkeypatch: pytest.MonkeyPatch) -> None:
    publisher = SimpleNamespace(parser=lambda day: StubParser())
    module = ModuleType("fundus")
    country = {"DiePresse": publisher, "New_Paper": publisher}
    module.PublisherCollection = SimpleNamespace(at=country)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "fundus", module)


@pytest.mark.usefixtures("fundus")
class TestFundus:
    def write(self, folder: Path) -> None:
        write_gz(folder / "at" / "DiePresse_2025_06_05.html.gz", "<p>dev")
        write_gz(folder / "at" / "New_Paper_2026_01_02.html.gz", "<p>held")
        write_gz(folder / "at" / "New_Paper_2026_01_03.html.gz", "<p>video")

    def test_dev_and_held_pages_are_told_apart(self, tmp_path: Path) -> None:
        self.write(tmp_path)
        dev = list(pages.load_fundus(tmp_path, held=False))
        held = list(pages.load_fundus(tmp_path, held=True))
        assert [page.id for page in dev] == ["at__DiePresse_2025_06_05"]
        assert [page.id for page in held] == ["at__New_Paper_2026_01_02"]

    def test_ground_truth_is_summary_headlines_and_paragraphs(self, tmp_path: Path) -> None:
        self.write(tmp_path)
        (page,) = pages.load_fundus(tmp_path, held=True)
        assert page.gold == "First line.\nSub head\nSecond."
        assert page.site == "fundus:New_Paper"

    def test_without_the_package_the_error_names_the_command(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.write(tmp_path)
        monkeypatch.setitem(sys.modules, "fundus", None)
        with pytest.raises(MissingDependencyError, match="pip install fundus"):
            list(pages.load_fundus(tmp_path, held=True))

    def test_dev_ids_are_those_of_the_set(self) -> None:
        ids = pages.fundus_dev_ids()
        assert len(ids) == 105
        assert all(page_id.count("__") == 1 for page_id in ids)


class TestUnpacking:
    def make_archive(self, path: Path, members: dict[str, bytes]) -> Path:
        with tarfile.open(path, "w:xz") as tar:
            for name, content in members.items():
                info = tarfile.TarInfo(name)
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
        return path

    def test_happens_once_and_takes_only_what_is_below_the_prefix(self, tmp_path: Path) -> None:
        members = {"own/a.txt": b"a", "own/deep/b.txt": b"b", "other/c.txt": b"c"}
        archive = self.make_archive(tmp_path / "own.tar.xz", members)
        folder = unpack_once(archive, "own/")
        assert sorted(path.name for path in folder.rglob("*.txt")) == ["a.txt", "b.txt"]
        (folder / "a.txt").write_text("kept")
        assert unpack_once(archive, "own/") == folder
        assert (folder / "a.txt").read_text() == "kept"

    def test_a_changed_archive_is_unpacked_anew(self, tmp_path: Path) -> None:
        archive = self.make_archive(tmp_path / "own.tar.xz", {"own/a.txt": b"a"})
        first = unpack_once(archive, "own/")
        self.make_archive(archive, {"own/a.txt": b"other"})
        assert unpack_once(archive, "own/") != first

    def test_a_name_that_leads_outside_is_refused(self, tmp_path: Path, cache: Path) -> None:
        archive = self.make_archive(tmp_path / "own.tar.xz", {"own/../../evil.txt": b"e"})
        with pytest.raises(ValueError, match="outside its folder"):
            unpack_once(archive, "own/")
        assert not list(tmp_path.rglob("evil.txt"))

    def test_links_are_left_out(self, tmp_path: Path) -> None:
        archive = tmp_path / "own.tar.xz"
        with tarfile.open(archive, "w:xz") as tar:
            link = tarfile.TarInfo("own/passwd")
            link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
            tar.addfile(link)
        assert list(unpack_once(archive, "own/").iterdir()) == []


@pytest.mark.filterwarnings("ignore:.*are left out")
class TestChecksums:
    def read(self, tmp_path: Path) -> list[pages.Page]:
        return list(pages.load_wcxb(write_wcxb(tmp_path / "wcxb"), "dev"))

    def test_change_with_a_page_or_its_truth(self, tmp_path: Path) -> None:
        found = self.read(tmp_path)
        before = pages_checksum(found)
        assert pages_checksum(found) == before
        assert pages_checksum([replace(found[0], gold="x"), found[1]]) != before
        found[0].path.write_bytes(gzip.compress(b"<p>changed"))
        assert pages_checksum(found) != before

    def test_pinned_pages_must_agree(self, tmp_path: Path) -> None:
        found = self.read(tmp_path)
        check_pages(make_dataset(pages_sha256=pages_checksum(found)), found)
        with pytest.raises(ChecksumError, match="pinned is"):
            check_pages(make_dataset(pages_sha256="0" * 64), found)

    def test_unpinned_pages_are_recorded_and_verified_after(
        self, tmp_path: Path, cache: Path
    ) -> None:
        found = self.read(tmp_path)
        dataset = make_dataset(read=lambda root: found)
        load(dataset, tmp_path)
        load(dataset, tmp_path)
        found[0].path.write_bytes(gzip.compress(b"<p>changed"))
        with pytest.raises(ChecksumError, match=r"recorded in .*checksums\.json"):
            load(dataset, tmp_path)

    def test_only_our_own_archive_has_a_pinned_checksum(self, tmp_path: Path) -> None:
        source = Source("CC0", "-", Upstream("theirs.tar.gz", ""))
        dataset = make_dataset(archive_sha256="0" * 64, source=source)
        theirs = tmp_path / "theirs.tar.gz"
        theirs.write_bytes(b"archive")
        check_archive(dataset, theirs)
        with pytest.raises(ChecksumError):
            check_archive(dataset, theirs.rename(tmp_path / "own.tar.xz"))


class TestRegistry:
    def test_missing_data_name_the_archive_and_the_command(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError, match="fetch wcxb-test"):
            load(DATA_SETS["wcxb-test"], tmp_path)

    @pytest.mark.parametrize("dataset", DATA_SETS.values(), ids=lambda item: item.name)
    def test_every_set_has_licence_and_citation(self, dataset: DataSet) -> None:
        assert dataset.source.licence
        assert dataset.source.citation
        pinned = dataset.kind is not Kind.EXAM
        assert (dataset.pages_sha256 is not None) == pinned
        assert (dataset.archive_sha256 is not None) == pinned

    @pytest.mark.parametrize("name", [n for n, d in DATA_SETS.items() if d.pages_sha256])
    def test_the_data_here_are_the_pinned_ones(self, name: str, data_folder: Path) -> None:
        assert load(DATA_SETS[name], data_folder)

    def test_readability_pages_get_the_text_of_the_expected_page(self, tmp_path: Path) -> None:
        folder = tmp_path / "readability-pages" / "test-pages" / "one"
        folder.mkdir(parents=True)
        (folder / "source.html").write_text("<p>All</p>")
        (folder / "expected.html").write_text("<div>\n <p>So<b>me</b></p>\n <p>text</p>\n</div>")
        (page,) = DATA_SETS["readability-pages"].read(tmp_path)
        assert (page.gold or "").split() == ["Some", "text"]
