"""Sites and folds: what belongs to one site, and that a site never changes its fold."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boilerkit.train import sites
from boilerkit.train.sites import N_FOLDS, assign_folds, fold_of, site_of_html, site_of_url


class TestSiteOfUrl:
    @pytest.mark.parametrize(
        ("url", "site"),
        [
            ("https://www.island.com/a/b?c#d", "island.com"),
            ("http://news.sports.island.com", "island.com"),
            ("https://island.co.uk/a", "island.co.uk"),
            ("https://www.island.co.uk/a", "island.co.uk"),
            ("https://a.island.com.au/", "island.com.au"),
            ("https://ISLAND.com:8080/a", "island.com"),
            ("//www.island.com/a", "island.com"),
            ("island.com/a", "island.com"),
            (
                "https://web.archive.org/web/20200101000000/https://www.island.co.uk/a",
                "island.co.uk",
            ),
            ("http://archive.org/web/2020id_/http://news.island.com/", "island.com"),
            ("https://web.archive.org/web/2020/www.island.com/a", "island.com"),
            ("https://web.archive.org/web/2020/https%3A%2F%2Fwww.island.com%2F", "island.com"),
            ("https://archive.org/details/island", "archive.org"),
            ("http://192.168.0.7/a", "192.168.0.7"),
            ("http://192.168.0.7:8000/a", "192.168.0.7"),
            ("http://localhost:8000/a", "localhost"),
            ("https://www.island.example/a", "www.island.example"),
            ("https://www.zürich.ch/", "zürich.ch"),
        ],
    )
    def test_is_the_registrable_domain(self, url: str, site: str) -> None:
        assert site_of_url(url) == site

    def test_case_does_not_make_another_site(self) -> None:
        assert site_of_url("https://WWW.Island.Com/") == site_of_url("https://www.island.com/")


class TestSiteOfHtml:
    @pytest.mark.parametrize(
        "tag",
        [
            b'<link rel="canonical" href="https://www.island.com/a">',
            b"<link href=https://www.island.com/a rel=canonical>",
            b'<META PROPERTY="og:url" CONTENT="https://www.island.com/a">',
            b"<link\n rel='canonical'\n href='https://www.island.com/a'/>",
        ],
    )
    def test_is_that_of_the_pages_own_address(self, tag: bytes) -> None:
        html = b"<html><head><link rel=icon href=https://cdn.example/x>" + tag + b"</head>"
        assert site_of_html(html) == "island.com"

    @pytest.mark.parametrize("html", [b"", b"<p>One", b"<link rel=canonical href=/a>"])
    def test_is_none_without_one(self, html: bytes) -> None:
        assert site_of_html(html) is None

    def test_bytes_of_any_encoding(self) -> None:
        assert (
            site_of_html(b'\xff<link rel="canonical" href="https://www.island.com/\xe9">')
            == "island.com"
        )


class TestFoldOf:
    @given(site=st.text(max_size=20))
    def test_is_a_fold(self, site: str) -> None:
        assert fold_of(site) in range(N_FOLDS)

    @pytest.mark.parametrize(
        ("site", "fold"), [("island.example", 2), ("skerry.example", 4), ("192.168.0.7", 2)]
    )
    def test_of_an_unknown_site_is_by_its_hash(self, site: str, fold: int) -> None:
        assert fold_of(site) == fold

    def test_of_a_known_site_is_the_committed_one(self) -> None:
        committed = sites._committed_folds()
        assert set(committed.values()) == set(range(N_FOLDS))
        assert all(fold_of(site) == fold for site, fold in committed.items())
        moved = [site for site, fold in committed.items() if sites._hash(site) % N_FOLDS != fold]
        assert moved, "no committed fold differs from the hash: nothing was tested"


class TestAssignFolds:
    def test_spreads_every_stratum(self) -> None:
        pages = {f"site{n}": {("article", "forum")[n % 2]: 1 + n % 3} for n in range(60)}
        folds = assign_folds(pages)
        assert list(folds) == sorted(pages)
        load: Counter[tuple[str, int]] = Counter()
        for site, strata in pages.items():
            for name, count in strata.items():
                load[name, folds[site]] += count
        for name in ("article", "forum"):
            sizes = [load[name, fold] for fold in range(N_FOLDS)]
            assert max(sizes) - min(sizes) <= 3

    def test_does_not_depend_on_the_order(self) -> None:
        pages = {f"site{n}": {"article": n % 4 + 1} for n in range(30)}
        assert assign_folds(dict(reversed(pages.items()))) == assign_folds(pages)
