"""The data sets: where each comes from, under which licence, how it is found and checked.

A set is looked for under the data folder: unpacked (``FOLDER/``), as this project's archive
(``datasets/NAME.tar.xz``) or as its authors' (``datasets/REPOSITORY.tar.gz``). Archives are
unpacked once into the cache folder.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tarfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import IO, Final

from benchmarks import pages
from boilerkit.train.datasets import Page, cache_folder, load_pages

__all__ = [
    "DATA_SETS",
    "ChecksumError",
    "DataSet",
    "Kind",
    "Measure",
    "Source",
    "Upstream",
    "check_archive",
    "check_pages",
    "load",
    "pages_checksum",
    "unpack_once",
]


class Kind(Enum):
    """What a set may be used for: tuning, one exam a release, or a look at how others cut."""

    DEV = "dev"
    EXAM = "exam"
    AGREEMENT = "agreement"


class Measure(Enum):
    """How the pages of a set are scored."""

    WORDS = "word-bag F1"
    WORDS_SPLIT = "word-bag F1, each Han, kana, Hangul or Thai character a word"
    SNIPPETS = "snippet F"
    SHINGLES = "4-gram shingle F1"


class ChecksumError(Exception):
    """Data that are not the ones that were pinned or recorded."""


@dataclass(frozen=True)
class Upstream:
    """The archive that a set's own authors offer.

    ``root`` is the folder in it that holds the set, below the archive's one top folder.
    """

    file: str
    url: str
    root: str = ""


@dataclass(frozen=True)
class Source:
    """Who made a set, on what terms, and the archive that they offer, if any."""

    licence: str
    citation: str
    upstream: Upstream | None = None


@dataclass(frozen=True)
class DataSet:
    """One page set.

    ``folder`` is its name once unpacked. ``archive_sha256`` is the checksum of this project's
    archive and ``pages_sha256`` that of what the loader reads, whatever it is read from; None means
    unpinned: recorded when first seen, verified after. ``note`` is what a reader of the figures has
    to know.
    """

    name: str
    title: str
    kind: Kind
    measure: Measure
    source: Source
    folder: str
    read: Callable[[Path], Iterable[Page]]
    archive_sha256: str | None = None
    pages_sha256: str | None = None
    note: str = ""

    @property
    def archive(self) -> str:
        """File name of this project's archive."""
        return f"{self.name}.tar.xz"


# --- finding and reading -----------------------------------------------------------------------


def load(dataset: DataSet, root: Path) -> list[Page]:
    """Return the set's pages, sorted by id, checked against the pinned or recorded checksum.

    Raises FileNotFoundError if the set is not under `root`, ChecksumError if it has changed.
    """
    found = sorted(dataset.read(root), key=lambda page: page.id)
    check_pages(dataset, found)
    return found


def _find_folder(name: str, root: Path) -> Path:
    """Return the set's folder, unpacking an archive if need be."""
    dataset = DATA_SETS[name]
    folder = root / dataset.folder
    if folder.is_dir():
        return folder
    ours = root / "datasets" / dataset.archive
    if ours.is_file():
        return unpack_once(ours, f"{dataset.folder}/")
    upstream = dataset.source.upstream
    if upstream and (root / "datasets" / upstream.file).is_file():
        return unpack_once(root / "datasets" / upstream.file, f"*/{upstream.root}")
    raise FileNotFoundError(
        f"no data set {name!r} under {root}: put {dataset.archive} into {root / 'datasets'},"
        f" or run 'python -m benchmarks fetch {name}'"
    )


def unpack_once(archive: Path, prefix: str) -> Path:
    """Unpack what stands below `prefix` in an archive into the cache and return that folder.

    A ``*/`` at the start of `prefix` stands for the archive's top folder, whatever its name. The
    folder is named by the archive's size and time, and appears only when whole. A name that leads
    out of it raises ValueError; links are left out.
    """
    stat = archive.stat()
    mark = hashlib.sha256(f"{stat.st_size} {stat.st_mtime_ns} {prefix}".encode()).hexdigest()[:12]
    folder = cache_folder() / "datasets" / f"{archive.name}-{mark}"
    if folder.is_dir():
        return folder
    partial = folder.with_name(f"{folder.name}.{os.getpid()}.partial")
    partial.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive) as tar:
        for item in tar:
            name = _below(prefix, item.name)
            content = tar.extractfile(item) if name and item.isfile() else None
            if name and content:
                _write_inside(partial, name, content)
    try:
        partial.rename(folder)
    except OSError:
        if not folder.is_dir():  # else another process was first
            raise
        shutil.rmtree(partial)
    return folder


def _below(prefix: str, name: str) -> str | None:
    if prefix.startswith("*/"):
        prefix, name = prefix[2:], name.partition("/")[2]
    return name[len(prefix) :] if name.startswith(prefix) else None


def _write_inside(folder: Path, name: str, content: IO[bytes]) -> None:
    target = folder / name
    if not target.resolve().is_relative_to(folder.resolve()):
        raise ValueError(f"the archive names a file outside its folder: {name!r}")
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as stream:
        shutil.copyfileobj(content, stream)


# --- checksums ---------------------------------------------------------------------------------


def pages_checksum(found: Iterable[Page]) -> str:
    """Return the SHA-256 over ids, pages and ground truth: what a figure depends on."""
    digest = hashlib.sha256()
    for page in found:
        truth = [page.id, page.gold, page.required, page.forbidden]
        digest.update(json.dumps(truth).encode())
        digest.update(hashlib.sha256(page.read_html()).digest())
    return digest.hexdigest()


def check_pages(dataset: DataSet, found: Iterable[Page]) -> str:
    """Verify the pages' checksum, or record it if none is pinned; return it."""
    return _check(f"{dataset.name} pages", dataset.pages_sha256, pages_checksum(found))


def check_archive(dataset: DataSet, archive: Path) -> str:
    """Verify an archive's checksum, or record it if none is pinned; return it."""
    digest = hashlib.sha256()
    with archive.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    pinned = dataset.archive_sha256 if archive.name == dataset.archive else None
    return _check(archive.name, pinned, digest.hexdigest())


def _check(what: str, pinned: str | None, actual: str) -> str:
    book = cache_folder() / "checksums.json"
    recorded = json.loads(book.read_text(encoding="utf-8")) if book.is_file() else {}
    expected = pinned or recorded.get(what)
    if expected is None:
        book.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({**recorded, what: actual}, indent=1, sort_keys=True)
        book.write_text(text + "\n", encoding="utf-8")
    elif actual != expected:
        source = "pinned" if pinned else f"recorded in {book}"
        raise ChecksumError(f"{what}: the SHA-256 is {actual}, {source} is {expected}")
    return actual


# --- the sets ----------------------------------------------------------------------------------


def _ours(name: str) -> Callable[[Path], Iterable[Page]]:
    return lambda root: load_pages(name, root)


def _theirs(name: str, read: Callable[[Path], Iterable[Page]]) -> Callable[[Path], Iterable[Page]]:
    return lambda root: read(_find_folder(name, root))


def _either(name: str, read: Callable[[Path], Iterable[Page]]) -> Callable[[Path], Iterable[Page]]:
    """Return a reader that takes our layout if it is there, else the authors'."""

    def read_either(root: Path) -> Iterable[Page]:
        try:
            return load_pages(name, root)
        except FileNotFoundError:
            return read(_find_folder(name, root))

    return read_either


_THEIR_PAGES: Final = "(repository); the pages are their publishers'"
_WCXB: Final = Source(
    "CC-BY-4.0",
    "Murrough Foley: WCXB, a multi-type web content extraction benchmark, arXiv:2605.21097, 2026",
    Upstream(
        "web-content-extraction-benchmark.tar.gz",
        "https://github.com/Murrough-Foley/web-content-extraction-benchmark/archive/main.tar.gz",
    ),
)
_FUNDUS: Final = Source(
    f"MIT {_THEIR_PAGES}",
    "Max Dallabetta, Conrad Dobberstein, Adrian Breiding, Alan Akbik: Fundus, a simple-to-use news"
    " scraper optimized for high quality extractions, ACL 2024 (demonstrations)",
    Upstream(
        "fundus.tar.gz",
        "https://github.com/flairNLP/fundus/archive/master.tar.gz",
        "tests/resources/parser/test_data/",
    ),
)
_TRAFILATURA: Final = Source(
    f"Apache-2.0 {_THEIR_PAGES}",
    "Adrien Barbaresi: Trafilatura, a web scraping library and command-line tool for text discovery"
    " and extraction, ACL 2021 (demonstrations)",
)
_READABILITY: Final = Source(
    f"Apache-2.0 {_THEIR_PAGES}", "Mozilla: Readability.js, https://github.com/mozilla/readability"
)
_AEB: Final = Source(
    f"MIT {_THEIR_PAGES}",
    "Scrapinghub: Article extraction benchmark,"
    " https://github.com/scrapinghub/article-extraction-benchmark",
    Upstream(
        "article-extraction-benchmark.tar.gz",
        "https://github.com/scrapinghub/article-extraction-benchmark/archive/master.tar.gz",
    ),
)

DATA_SETS: Final[dict[str, DataSet]] = {
    dataset.name: dataset
    for dataset in (
        DataSet(
            "wcxb-dev",
            "WCXB dev",
            Kind.DEV,
            Measure.WORDS,
            _WCXB,
            "wcxb",
            _either("wcxb-dev", lambda folder: pages.load_wcxb(folder, "dev")),
            archive_sha256="b69f0add6c39fb464163992ac354203837b55e0fd9941a0a7d4468fca666a617",
            pages_sha256="b11428b9ca4e06b65ffde218c5fb77117a2e01ae568be3ee979ec59fcce4858a",
            note=(
                "Upstream's dev folder repeats 139 pages of its test split; they are left out, as"
                " upstream's own metadata does."
            ),
        ),
        DataSet(
            "fundus-dev",
            "Fundus dev",
            Kind.DEV,
            Measure.WORDS_SPLIT,
            _FUNDUS,
            "fundus-dev",
            _either("fundus-dev", lambda folder: pages.load_fundus(folder, held=False)),
            archive_sha256="fd67b94472474edc2f9e34933da71ec75591ff84f33f9b243bb5aac358730d77",
            pages_sha256="06ab6006d70ea2abe9dac8fccd11f55ada7eee949e35940d551ef2d08b3a4dab",
        ),
        DataSet(
            "trafilatura-eval",
            "trafilatura-eval",
            Kind.DEV,
            Measure.SNIPPETS,
            _TRAFILATURA,
            "trafilatura-eval",
            _ours("trafilatura-eval"),
            archive_sha256="c1aa09bffd5a6fbcd2ffcf7ce4b36180dd6b72b07b9132084685018110089a8b",
            pages_sha256="638b9019c75c7bc40cd774705064dd974ef6dc2e62ecc62719613a45eec2cc29",
        ),
        DataSet(
            "readability-pages",
            "Agreement with Readability.js",
            Kind.AGREEMENT,
            Measure.WORDS,
            _READABILITY,
            "readability-pages",
            lambda root: pages.with_readability_text(load_pages("readability-pages", root)),
            archive_sha256="40c250611cab7161b33c1f3c5ec1b88243bb103d6401524a81e1e66066a71911",
            pages_sha256="45640dbdee74ca03b6698b7e0e0a9d185b8db1646fb2572b6851183483d73780",
            note="The expected text is Readability.js's own output: agreement with it, no target.",
        ),
        DataSet(
            "wcxb-test",
            "WCXB test",
            Kind.EXAM,
            Measure.WORDS,
            _WCXB,
            "wcxb",
            _theirs("wcxb-test", lambda folder: pages.load_wcxb(folder, "test")),
        ),
        DataSet(
            "article-extraction-benchmark",
            "article-extraction-benchmark",
            Kind.EXAM,
            Measure.SHINGLES,
            _AEB,
            "article-extraction-benchmark",
            _theirs("article-extraction-benchmark", pages.load_article_extraction_benchmark),
        ),
        DataSet(
            "fundus-held",
            "Fundus held",
            Kind.EXAM,
            Measure.WORDS_SPLIT,
            _FUNDUS,
            "fundus",
            _theirs("fundus-held", lambda folder: pages.load_fundus(folder, held=True)),
        ),
    )
}
