"""Loaders for the labelled pages and lines that boilerkit is trained and measured on.

Every loader takes the data folder: either one that holds the archives as they are distributed
(``datasets/*.tar.xz`` and ``labels/*.jsonl``) or one that holds them unpacked. Archives are
unpacked once into a cache folder. Nothing is downloaded here.
"""

from __future__ import annotations

import json
import os
import re
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from boilerkit.errors import ConfigError
from boilerkit.train.sites import site_of_html, site_of_url

__all__ = [
    "PAGE_SETS",
    "Appeal",
    "Page",
    "TypedDocument",
    "cache_folder",
    "load_appeals",
    "load_pages",
    "load_typed_documents",
    "training_files",
]


@dataclass(frozen=True, slots=True)
class Page:
    """One labelled page.

    ``gold`` is the main text (lines joined by ``\\n``) or None where a set gives only snippets;
    ``required`` and ``forbidden`` are snippets that must and must not be in the output.
    """

    dataset: str
    id: str
    path: Path
    url: str | None
    site: str
    page_type: str
    lang: str
    gold: str | None
    title: str = ""
    required: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()

    def read_html(self) -> bytes:
        """Return the page as stored, undecoded."""
        return self.path.read_bytes()


@dataclass(frozen=True, slots=True)
class TypedDocument:
    """Extracted text of one page with one label per line; ``page`` is its id in ``dataset``."""

    doc: str
    dataset: str
    page: str
    extractor: str
    site: str
    page_type: str
    lang: str
    lines: tuple[str, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Appeal:
    """A single labelled line without its page; appeals of one ``source`` stay together."""

    text: str
    label: str
    lang: str
    source: str


def cache_folder() -> Path:
    """Return the folder for unpacked data and fold models: $BOILERKIT_CACHE or the user's."""
    chosen = os.environ.get("BOILERKIT_CACHE")
    if chosen:
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "boilerkit"


def load_pages(name: str, root: Path) -> list[Page]:
    """Return the pages of one set of PAGE_SETS, sorted by id.

    Raises ConfigError for an unknown name, FileNotFoundError when the set is not under `root`.
    """
    if name not in PAGE_SETS:
        raise ConfigError(f"unknown page set {name!r}: choose from {', '.join(PAGE_SETS)}")
    return sorted(PAGE_SETS[name](root), key=lambda page: page.id)


def load_typed_documents(root: Path) -> list[TypedDocument]:
    """Return the 600 documents whose lines are labelled one by one."""
    sites = _SiteFinder(root)
    return [
        TypedDocument(
            doc=record["doc"],
            dataset=record["source"],
            page=record["page"],
            extractor=record["extractor"],
            site=sites.find(record["source"], record["page"]),
            page_type=record["page_type"],
            lang=record["lang"],
            lines=tuple(record["lines"]),
            labels=tuple(record["labels"]),
        )
        for record in _read_jsonl(_find_labels(root, _TYPED_LINES))
    ]


def load_appeals(root: Path) -> list[Appeal]:
    """Return the labelled single lines."""
    return [Appeal(**record) for record in _read_jsonl(_find_labels(root, _APPEALS))]


def training_files(root: Path) -> Iterator[tuple[str, Path]]:
    """Yield the files that training reads, named alike wherever they stand, in a fixed order."""
    for name, patterns in _TRAINING_FILES.items():
        folder = _find_set(root, name)
        paths = {path for pattern in patterns for path in folder.glob(pattern) if path.is_file()}
        for path in sorted(paths):
            yield f"{name}/{path.relative_to(folder).as_posix()}", path
    for name in _LABEL_FILES:
        yield name, _find_labels(root, name)


class _SiteFinder:
    """Site of a typed document from the page set or the saved page that it was made from."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._known = {
            (name, page.id): page.site
            for name in ("wcxb-dev", "fundus-dev", "trafilatura-eval")
            for page in load_pages(name, root)
        }

    def find(self, dataset: str, page: str) -> str:
        key = page.replace("/", "__") if dataset == "fundus-dev" else page
        if (dataset, key) in self._known:
            return self._known[dataset, key]
        if dataset == "recipe-scrapers":
            # tests/test_data/DOMAIN/PAGE: the folder is the domain
            return site_of_url("https://" + page.split("/")[2])
        html = (_find_set(self._root, "typed-pages") / dataset / page).read_bytes()
        return site_of_html(html) or f"{dataset}:{page}"


def _load_wcxb_dev(root: Path) -> Iterator[Page]:
    folder = _find_set(root, "wcxb-dev")
    for path in (folder / "dev" / "ground-truth").glob("*.json"):
        record = json.loads(path.read_text(encoding="utf-8"))
        truth, page_id, url = record["ground_truth"], record["file_id"], record["url"] or None
        html = folder / "dev" / "html" / f"{page_id}.html"
        yield Page(
            dataset="wcxb-dev",
            id=page_id,
            path=html,
            url=url,
            site=site_of_url(url) if url else f"wcxb-dev:{page_id}",
            page_type=record["_internal"]["page_type"]["primary"],
            lang=_html_lang(html),
            gold=truth.get("main_content") or "",
            title=truth.get("title") or "",
            required=tuple(truth.get("with") or ()),
            forbidden=tuple(truth.get("without") or ()),
        )


def _load_fundus_dev(root: Path) -> Iterator[Page]:
    folder = _find_set(root, "fundus-dev")
    for record in _read_jsonl(folder / "ground-truth.jsonl"):
        html = folder / "html" / f"{record['page']}.html"
        publisher = record["page"].split("__")[1].split("_")[0]
        # the publisher's own domain joins its pages with those of the other sets
        site = site_of_html(html.read_bytes()) or f"fundus:{publisher}"
        yield Page(
            dataset="fundus-dev",
            id=record["page"],
            path=html,
            url=None,
            site=_FUNDUS_SITES.get(publisher, site),
            page_type="article",
            lang=_html_lang(html),
            gold="\n".join(record["lines"]),
            title=record["title"],
        )


# Publishers whose saved pages name no address, or not always the same one.
_FUNDUS_SITES = {"CNBC": "cnbc.com", "People": "people.com.cn", "WAZ": "waz.de"}


def _load_trafilatura_eval(root: Path) -> Iterator[Page]:
    folder = _find_set(root, "trafilatura-eval")
    for key, record in json.loads((folder / "evaldata.json").read_text(encoding="utf-8")).items():
        html = folder / "html" / record["file"]
        # some keys are "hard::FILE" where the address is not recorded
        url = key if "//" in key else None
        site = site_of_url(url) if url else site_of_html(html.read_bytes())
        yield Page(
            dataset="trafilatura-eval",
            id=record["file"],
            path=html,
            url=url,
            site=site or f"trafilatura-eval:{record['file']}",
            page_type="?",
            lang=_html_lang(html),
            gold=None,
            required=tuple(record["with"]),
            forbidden=tuple(record["without"]),
        )


def _load_readability(root: Path) -> Iterator[Page]:
    for folder in (_find_set(root, "readability-pages") / "test-pages").iterdir():
        html = folder / "source.html"
        yield Page(
            dataset="readability-pages",
            id=folder.name,
            path=html,
            url=None,
            site=site_of_html(html.read_bytes()) or f"readability-pages:{folder.name}",
            page_type="article",
            lang=_html_lang(html),
            gold=None,
        )


PAGE_SETS: dict[str, Callable[[Path], Iterator[Page]]] = {
    "wcxb-dev": _load_wcxb_dev,
    "fundus-dev": _load_fundus_dev,
    "trafilatura-eval": _load_trafilatura_eval,
    "readability-pages": _load_readability,
}

# Archive name → folder that it unpacks to.
_FOLDERS = {
    "wcxb-dev": "wcxb",
    "fundus-dev": "fundus-dev",
    "trafilatura-eval": "trafilatura-eval",
    "readability-pages": "readability-pages",
    "typed-pages": "typed-pages",
}
_TYPED_LINES, _APPEALS = _LABEL_FILES = ("lines-dev.jsonl", "appeals-dev.jsonl")
# Archive name → what of it is read.
_TRAINING_FILES = {
    "wcxb-dev": ("dev/ground-truth/*.json", "dev/html/*.html"),
    "fundus-dev": ("ground-truth.jsonl", "html/*.html"),
    "trafilatura-eval": ("evaldata.json", "html/*"),
    "typed-pages": ("**/*",),
}


def _find_set(root: Path, name: str) -> Path:
    """Return the folder of a set, unpacking its archive into the cache if need be."""
    for folder in (root / _FOLDERS[name], root / "datasets" / _FOLDERS[name]):
        if folder.is_dir():
            return folder
    for archive in (root / "datasets" / f"{name}.tar.xz", root / f"{name}.tar.xz"):
        if archive.is_file():
            return _unpack(archive) / _FOLDERS[name]
    raise FileNotFoundError(f"no data set {name!r} under {root}: expected {name}.tar.xz there")


def _unpack(archive: Path) -> Path:
    """Unpack once; the folder is named by the archive's size and appears only when whole."""
    folder = cache_folder() / "datasets" / f"{archive.name}-{archive.stat().st_size}"
    if not folder.is_dir():
        partial = folder.with_name(f"{folder.name}.{os.getpid()}.partial")
        partial.mkdir(parents=True, exist_ok=True)
        with tarfile.open(archive) as tar:
            _extract_all(tar, partial)
        try:
            partial.rename(folder)
        except OSError:  # another process was first
            if not folder.is_dir():
                raise
    return folder


def _extract_all(tar: tarfile.TarFile, folder: Path) -> None:
    if hasattr(tarfile, "data_filter"):
        tar.extractall(folder, filter="data")
    else:
        tar.extractall(folder)


def _find_labels(root: Path, name: str) -> Path:
    for path in (root / "labels" / name, root / name):
        if path.is_file():
            return path
    raise FileNotFoundError(f"no {name} under {root / 'labels'}")


def _read_jsonl(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as stream:
        for line in stream:
            yield json.loads(line)


_LANG = re.compile(rb"<html[^>]{0,1000}?\blang\s*=\s*[\"']?([A-Za-z]{2,3})", re.IGNORECASE)


def _html_lang(path: Path) -> str:
    """Return the language that the page declares, or ``?``."""
    with path.open("rb") as stream:
        match = _LANG.search(stream.read(20_000))
    return match.group(1).decode("ascii").lower() if match else "?"
