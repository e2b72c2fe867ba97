"""The report as one self-contained HTML file: no network, no script, light and dark."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from importlib import resources
from typing import Final

from benchmarks.plots import Plot, legend_html, plots
from benchmarks.quotes import QuotedLine, QuotedPage
from benchmarks.results import Run, SetResult, score_difference
from benchmarks.rows import OURS, label_of, rivals
from benchmarks.sizes import SizesRun
from benchmarks.speed import SpeedRun
from benchmarks.summary import sections
from benchmarks.tables import Cell, Section, Table

__all__ = ["render_html"]

#: Tables with this many characters in a cell on average are set in lines that wrap.
_WIDE_CELL: Final = 30
#: Tables with a name of more characters than this in the first column let names wrap.
_LONG_NAME: Final = 45


def render_html(
    run: Run,
    speed: SpeedRun | None,
    quotes: Sequence[QuotedPage],
    sizes: SizesRun | None = None,
) -> str:
    """Return the report of a run, with speed, sizes and quoted pages if there are any."""
    parts = list(sections(run, speed, sizes))
    style = resources.files("benchmarks").joinpath("report.css").read_text(encoding="utf-8")
    blocks = [
        _head(run, parts, bool(quotes)),
        _tiles(run),
        _section(run, parts[0]),
        _plots(plots(run, speed, sizes)),
        *(_section(run, part) for part in parts[1:]),
        _quotes(quotes),
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>boilerkit benchmark, {escape(run.about['date'])}</title>\n"
        f"<style>\n{style}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(block for block in blocks if block)
        + "\n</main>\n</body>\n</html>\n"
    )


def _head(run: Run, parts: Sequence[Section], quoted: bool) -> str:
    links = [f'<a href="#{_anchor(part.title)}">{escape(part.title)}</a>' for part in parts]
    links.insert(1, '<a href="#plots">Plots</a>')
    if quoted:
        links.append('<a href="#worst-pages">Worst pages</a>')
    systems = len({name for result in run.sets.values() for name in result.systems})
    pages = sum(len(result.pages) for result in run.sets.values())
    return (
        "<h1>boilerkit benchmark</h1>\n"
        f'<p class="soft">{escape(run.about["date"])} · {systems} systems ·'
        f" {pages:,} pages</p>\n<nav>{''.join(links)}</nav>"
    )


def _tiles(run: Run) -> str:
    tiles = [_tile(run, result) for result in run.sets.values() if OURS in result.systems]
    return f'<div class="tiles">{"".join(tiles)}</div>' if tiles else ""


def _tile(run: Run, result: SetResult) -> str:
    """Our score on one set, against the best other system."""
    best = next(iter(rivals(result)), None)
    text = ""
    if best is not None:
        test = score_difference(result.measure, result.counts(OURS), result.counts(best))
        text = (
            f"{test.difference:+.3f} ({test.range.low:+.3f} to {test.range.high:+.3f})"
            f" against {label_of(run, best)}"
        )
    return (
        f'<div class="tile"><span class="soft">{escape(result.title)}</span>'
        f'<b>{result.score(OURS):.3f}</b><span class="soft">{escape(text)}</span></div>'
    )


def _section(run: Run, section: Section) -> str:
    tables = "\n".join(_table(run, table) for table in section.tables)
    return (
        f'<section id="{_anchor(section.title)}">\n<h2>{escape(section.title)}</h2>\n'
        f"<p>{escape(section.text)}</p>\n{tables}\n</section>"
    )


def _anchor(title: str) -> str:
    return "".join(char if char.isalnum() else "-" for char in title.lower())


def _table(run: Run, table: Table) -> str:
    ours = label_of(run, OURS)
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in table.columns)
    rows = "\n".join(_row(row, row[0].text == ours) for row in table.rows)
    kind = f' class="{_shape(table)}"' if _shape(table) else ""
    note = f'<p class="note">{escape(table.note)}</p>\n' if table.note else ""
    return (
        f'{note}<div class="scroll" tabindex="0"><table{kind}><thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{rows}\n</tbody></table></div>"
    )


def _shape(table: Table) -> str:
    """Return the class of a table whose cells, or whose names alone, are set in lines that wrap."""
    cells = [cell.text for row in table.rows for cell in row[1:]]
    if sum(map(len, cells)) > _WIDE_CELL * len(cells):
        return "wide"
    return "long" if any(len(row[0].text) > _LONG_NAME for row in table.rows) else ""


def _row(row: Sequence[Cell], ours: bool) -> str:
    cells = "".join(_cell(cell) for cell in row)
    return f"<tr{' class=ours' if ours else ''}>{cells}</tr>"


def _cell(cell: Cell) -> str:
    fails = cell.text == "NO" or cell.text.startswith("NO ")
    kind = " class=best" if cell.best else " class=fails" if fails else ""
    return f"<td{kind}>{escape(cell.text)}</td>"


def _plots(drawn: Sequence[Plot]) -> str:
    if not drawn:
        return ""
    figures = "\n".join(
        f"<figure><h3>{escape(plot.title)}</h3>\n{plot.drawing}\n{legend_html(plot.legend)}"
        f"<figcaption>{escape(plot.caption)}</figcaption></figure>"
        for plot in drawn
    )
    return (
        f'<section id="plots">\n<h2>Plots</h2>\n<div class="plots">\n{figures}\n</div>\n</section>'
    )


# --- quoted pages ------------------------------------------------------------------------------

_KEY: Final = (
    ("right", "kept, and right"),
    ("extra", "kept, but not in the ground truth"),
    ("lost", "in the ground truth, but dropped"),
    ("unseen", "in the ground truth, not seen on the page"),
    ("dropped", "dropped, and right"),
)


def _quotes(quotes: Sequence[QuotedPage]) -> str:
    if not quotes:
        return ""
    key = "".join(f'<span class="{name}">{text}</span>' for name, text in _KEY)
    pages = "\n".join(_quoted_page(page) for page in quotes)
    return (
        f'<section id="worst-pages">\n<h2>Worst pages</h2>\n<p>The {len(quotes)} pages on which'
        f" {escape(quotes[0].system)} scores lowest: its lines, and beside them the ground truth."
        f' Pages without ground truth are left out.</p>\n<p class="key">{key}</p>\n{pages}'
        "\n</section>"
    )


def _quoted_page(page: QuotedPage) -> str:
    facts = f"{page.dataset} · {page.id} · {page.page_type}"
    return (
        f"<details><summary><b>{page.score:.3f}</b><span>{escape(facts)}</span>"
        f'<span class="soft">{escape(page.url)}</span></summary>\n<div class="sides">'
        f'<div class="side" tabindex="0">{_side(page.output, "out")}</div>'
        f'<div class="side" tabindex="0">{_side(page.gold, "gold")}</div></div></details>'
    )


def _side(lines: Sequence[QuotedLine], side: str) -> str:
    if not lines:
        return '<div class="soft">no text</div>'
    return "".join(
        f'<div class="{line.state} {side}">'
        + (f"<em>{escape(line.label)}</em>" if line.label else "")
        + f"{escape(line.text)}</div>"
        for line in lines
    )
