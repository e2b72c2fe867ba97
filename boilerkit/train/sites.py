"""Sites and their folds: what keeps two pages of one site out of training and test at once."""

from __future__ import annotations

import hashlib
import json
import re
from functools import lru_cache
from importlib import resources
from urllib.parse import unquote, urlsplit

from boilerkit.errors import MissingDependencyError

__all__ = ["N_FOLDS", "assign_folds", "fold_of", "site_of_html", "site_of_url"]

N_FOLDS = 5

_ARCHIVE = re.compile(r"^https?://(?:web\.)?archive\.org/(?:web/)?\d+[a-z_]*/(.+)$", re.IGNORECASE)
_PAGE_ADDRESS = re.compile(
    rb"<(?:link|meta)\b(?=[^>]{0,500}(?:\bcanonical\b|\bog:url\b))"
    rb"[^>]{0,500}?\b(?:href|content)\s*=\s*[\"']?(https?:[^\"'\s>]+)",
    re.IGNORECASE,
)


def site_of_url(url: str) -> str:
    """Return the registrable domain of an address, of the archived page for archive.org."""
    archived = _ARCHIVE.match(url)
    if archived:
        inner = unquote(archived.group(1))
        url = inner if "//" in inner else f"https://{inner}"
    domain = _domain_splitter()(url)
    registrable: str = domain.top_domain_under_public_suffix
    return (registrable or urlsplit(url).hostname or url).lower()


def site_of_html(html: bytes) -> str | None:
    """Return the site of a saved page from its canonical or Open Graph address, if it has one."""
    match = _PAGE_ADDRESS.search(html, 0, 400_000)
    return site_of_url(match.group(1).decode("utf-8", "replace")) if match else None


def fold_of(site: str) -> int:
    """Return the fold (0 to N_FOLDS - 1) of a site: the committed one, else one by its hash."""
    fixed = _committed_folds().get(site)
    return _hash(site) % N_FOLDS if fixed is None else fixed


def assign_folds(pages_per_site: dict[str, dict[str, int]]) -> dict[str, int]:
    """Spread sites over folds so that every stratum is spread as evenly as whole sites allow.

    `pages_per_site` maps site → stratum (data set and page type) → number of pages.
    """
    load: dict[tuple[str, int], int] = {}
    folds: dict[str, int] = {}
    for site in sorted(pages_per_site, key=lambda s: (-sum(pages_per_site[s].values()), _hash(s))):
        strata = pages_per_site[site]

        def crowding(fold: int, strata: dict[str, int] = strata) -> int:
            return sum(load.get((name, fold), 0) * count for name, count in strata.items())

        fold = min(range(N_FOLDS), key=lambda f: (crowding(f), _hash(f"{site}/{f}")))
        folds[site] = fold
        for name, count in strata.items():
            load[name, fold] = load.get((name, fold), 0) + count
    return dict(sorted(folds.items()))


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode("utf-8")).digest()[:8], "big")


@lru_cache(maxsize=1)
def _committed_folds() -> dict[str, int]:
    text = resources.files("boilerkit.train").joinpath("folds.json").read_text(encoding="utf-8")
    folds: dict[str, int] = json.loads(text)
    return folds


@lru_cache(maxsize=1)
def _domain_splitter() -> "TLDExtract":  # type: ignore[name-defined]  # noqa: F821, UP037
    try:
        from tldextract import TLDExtract
    except ImportError as error:
        raise MissingDependencyError(
            "tldextract is needed to tell sites apart: pip install 'boilerkit[train]'"
        ) from error
    # the list that the package carries: no network, the same sites everywhere
    return TLDExtract(suffix_list_urls=(), cache_dir=None)
