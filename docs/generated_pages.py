"""What the site shows of files that stand elsewhere: a hook of MkDocs (mkdocs.yml).

Figures and cards are never typed into a page: they are read from the files that the benchmark and
the training wrote. A page asks for such a part with a line ``<!-- generated: NAME -->``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]
CARD = "models/boilerkit-1/card.json"
RESULTS = "benchmarks/RESULTS.md"
CASES = "tests/cases"

# Files of the repository that are pages of the site too, under these addresses.
COPIES = {
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "models/CHANGELOG.md": "models.md",
    RESULTS: "results.md",
}
_ADDRESSES = {**COPIES, CARD: "model-card.md"}
_LINK = re.compile(r"(?<=\]\()([^)#\s]+)(?=[)#])")
_PLACEHOLDER = re.compile(r"^<!-- generated: (.+) -->$", re.MULTILINE)


# --- the hook -----------------------------------------------------------------------------------


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that no file in docs/ holds."""
    from mkdocs.structure.files import File

    for address, text in generated_pages().items():
        files.append(File.generated(config, address, content=text))
    return files


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """Fill in the generated parts of a page, and lead its links to the site's own pages."""
    return with_site_links(filled_in(markdown), page.file.src_uri)


# --- pages and parts ----------------------------------------------------------------------------


def generated_pages() -> dict[str, str]:
    """Return the Markdown of each page by its address, links as in the repository."""
    pages = {address: _read(path) for path, address in COPIES.items()}
    return {**pages, "model-card.md": model_card(json.loads(_read(CARD)))}


def filled_in(markdown: str) -> str:
    """Replace each placeholder; raises KeyError for a name that nothing generates."""
    return _PLACEHOLDER.sub(lambda match: _PARTS[match[1]](), markdown)


def with_site_links(markdown: str, address: str) -> str:
    """Lead links to files of the repository to the pages that show them."""
    origin = {site: path for path, site in _ADDRESSES.items()}.get(address, f"docs/{address}")

    def site_link(match: re.Match[str]) -> str:
        if ":" in match[1]:
            return match[1]
        path = ROOT.joinpath(origin).parent.joinpath(match[1]).resolve()
        try:
            name = path.relative_to(ROOT).as_posix()
        except ValueError:
            return match[1]
        return _ADDRESSES.get(name, name.removeprefix("docs/"))

    return _LINK.sub(site_link, markdown)


def results_in_short() -> str:
    """Return the body of the section of that name."""
    _, _, rest = _read(RESULTS).partition("## In short\n")
    return rest.partition("\n## ")[0].strip()


def model_card(card: Mapping[str, Any]) -> str:
    """Return a model's card as a page; every value of the card is on it."""
    return "\n".join([f"# Model card: {card['name']}", "", *_card_rows(card)])


def known_failures() -> str:
    """Return what the shipped model gets wrong in the tests' own cases, as a list."""
    reasons: dict[str, str] = json.loads(_read(f"{CASES}/known_failures.json"))
    cases = [case for case in _cases() if case["name"] in reasons]
    head = f"{len(cases)} of the {len(_cases())} cases in `{CASES}/` come out wrong:\n"
    return "\n".join([head, *(f"- `{case['name']}`: {case['why']}" for case in cases)])


def _card_rows(card: Mapping[str, Any]) -> Iterator[str]:
    flat = {name: value for name, value in card.items() if not isinstance(value, (dict, list))}
    yield from _table("", flat)
    for name, value in card.items():
        if isinstance(value, dict):
            yield from _table(name, value)
        elif isinstance(value, list):
            yield from (f"## {_heading(name)}", "", *(f"- {item}" for item in value), "")


def _table(name: str, values: Mapping[str, Any]) -> Iterator[str]:
    if name:
        yield from (f"## {_heading(name)}", "")
    rows = (f"| {key.replace('_', ' ')} | {_cell(value)} |" for key, value in values.items())
    yield from ("| | |", "|---|---|", *rows, "")


def _heading(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _cell(value: object) -> str:
    if isinstance(value, (dict, list)):
        return f"`{json.dumps(value, ensure_ascii=False)}`"
    return str(value).replace("|", r"\|")


def _cases() -> list[dict[str, Any]]:
    return [
        case
        for path in sorted(ROOT.joinpath(CASES).glob("*.json"))
        if path.name != "known_failures.json"
        for case in json.loads(path.read_text(encoding="utf-8"))
    ]


def _read(path: str) -> str:
    return ROOT.joinpath(path).read_text(encoding="utf-8")


_PARTS: Mapping[str, Callable[[], str]] = {
    "results in short": results_in_short,
    "known failures": known_failures,
}
