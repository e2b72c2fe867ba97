"""Typed lines of sites with several pages: what a profile of a site's other pages is worth."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from boilerkit import Cleaner, SiteProfile
from boilerkit.labels import Label
from boilerkit.metrics import LineScores, count_lines
from boilerkit.train.datasets import TypedDocument

__all__ = ["SiteFigures", "measure_sites", "render_sites"]

#: A profile needs two pages beside the one that it is tried on.
_MIN_PAGES: Final = 3


@dataclass(frozen=True)
class SiteFigures:
    """Line scores without and with profiles, over so many sites and documents."""

    sites: int
    documents: int
    without: LineScores
    with_profile: LineScores


def measure_sites(
    documents: Iterable[TypedDocument], find_model: Callable[[str], Path | str | None]
) -> SiteFigures:
    """Score the documents of every site of three pages or more with a profile of its other pages.

    `find_model` returns the model that may judge a site.
    """
    sites = 0
    n_documents = 0
    without, with_profile = LineScores(), LineScores()
    for site, of_site in _by_site(documents).items():
        if len({document.page for document in of_site}) < _MIN_PAGES:
            continue
        sites += 1
        model = find_model(site)
        plain = Cleaner(model=model)
        for document in of_site:
            n_documents += 1
            profile = SiteProfile().fit(_other_pages(of_site, document))
            without += _score(plain, document)
            with_profile += _score(Cleaner(model=model, site=profile), document)
    return SiteFigures(sites, n_documents, without, with_profile)


def _by_site(documents: Iterable[TypedDocument]) -> dict[str, list[TypedDocument]]:
    found: dict[str, list[TypedDocument]] = {}
    for document in documents:
        found.setdefault(document.site, []).append(document)
    return found


def _other_pages(of_site: Sequence[TypedDocument], tried: TypedDocument) -> Iterator[str]:
    """Return the text of each other page, of several extractors' texts all lines together."""
    lines: dict[str, list[str]] = {}
    for document in of_site:
        if document.page != tried.page:
            lines.setdefault(document.page, []).extend(document.lines)
    return map("\n".join, lines.values())


def _score(cleaner: Cleaner, document: TypedDocument) -> LineScores:
    lines = cleaner.classify_text("\n".join(document.lines)).lines
    gold = [Label(label) for label in document.labels]
    return count_lines(document.lines, gold, [line.label for line in lines])


def render_sites(figures: SiteFigures) -> str:
    """Return the figures as a table."""
    rows = (
        ("without a profile", figures.without),
        ("with a profile of the other pages", figures.with_profile),
    )
    head = (
        f"| {figures.sites} sites, {figures.documents} documents | chrome lines found |"
        " content words lost |\n|---|---|---|"
    )
    return "\n".join(
        [
            head,
            *(
                f"| {name} | {scores.chrome_recall() or 0:.4f} |"
                f" {scores.content_words_lost or 0:.4f} |"
                for name, scores in rows
            ),
        ]
    )
