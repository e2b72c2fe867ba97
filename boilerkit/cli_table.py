"""Labelled lines → a table for a terminal and tab-separated values for other programs."""

from __future__ import annotations

import unicodedata

from boilerkit.labels import Label
from boilerkit.records import Document, Line

__all__ = ["display_width", "render_table", "render_tsv", "shorten"]

_LABEL_WIDTH = max(len(label) for label in Label)
_SCORE_WIDTH = 5
_MIN_TEXT_WIDTH = 10
_ELLIPSIS = "…"
# Joiners decide how Persian and Indic letters and emoji look; all other invisible characters can
# change what the terminal does with the rest of the table.
_JOINERS = "\u200c\u200d"

_GREEN, _RED, _YELLOW, _BLUE, _MAGENTA, _CYAN = "32", "31", "33", "34", "35", "36"
_DIM = "2"
_COLOURS = {
    Label.CONTENT: _GREEN,
    Label.DONATION: _MAGENTA,
    Label.SUBSCRIPTION: _MAGENTA,
    Label.NEWSLETTER: _MAGENTA,
    Label.ACCOUNT: _MAGENTA,
    Label.CONSENT: _YELLOW,
    Label.ADVERTISEMENT: _RED,
    Label.SOCIAL: _CYAN,
    Label.COMMENTS: _CYAN,
    Label.RELATED: _CYAN,
    Label.NAVIGATION: _BLUE,
    Label.LEGAL: _YELLOW,
    Label.BYLINE: _CYAN,
    Label.INTERFACE: _BLUE,
    Label.EMPTY: _DIM,
}
_TSV_COLUMNS = ("line", "label", "score", "kept", "reason", "role", "text")
_TSV_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def render_table(document: Document, *, width: int, colour: bool) -> str:
    """Return one row a line: number, label, score, text shortened to `width` columns in all.

    With `colour` each kind of label has its own and the text of dropped lines is dim.
    """
    if not document.lines:
        return ""
    number_width = max(4, len(str(len(document.lines))))
    text_width = width - number_width - _LABEL_WIDTH - _SCORE_WIDTH - 6
    rows = [f"{'line':>{number_width}}  {'label':<{_LABEL_WIDTH}}  {'score':<{_SCORE_WIDTH}}  text"]
    for number, line in enumerate(document.lines, start=1):
        label = f"{line.label:<{_LABEL_WIDTH}}"
        text = shorten(line.text, max(text_width, _MIN_TEXT_WIDTH))
        if colour:
            label = _coloured(label, _COLOURS[line.label])
            text = text if line.kept else _coloured(text, _DIM)
        rows.append(f"{number:>{number_width}}  {label}  {_score(line):<{_SCORE_WIDTH}}  {text}")
    return "".join(f"{row.rstrip()}\n" for row in rows)


def render_tsv(document: Document) -> str:
    """Return a heading and one row a line; tabs, line breaks and ``\\`` have a ``\\`` escape."""
    rows = ["\t".join(_TSV_COLUMNS)]
    for number, line in enumerate(document.lines, start=1):
        kept = "yes" if line.kept else "no"
        text = line.text.translate(_TSV_ESCAPES)
        score = f"{line.score:.6f}"
        rows.append("\t".join((str(number), line.label, score, kept, line.reason, line.role, text)))
    return "".join(f"{row}\n" for row in rows)


def shorten(text: str, width: int) -> str:
    """Return the text on one row of at most `width` terminal columns, safe to print."""
    shown: list[str] = []
    used = cut = 0
    for char in " ".join("".join(filter(_is_harmless, text)).split()):
        used += _char_width(char)
        if used > width:
            return "".join(shown[:cut]) + _ELLIPSIS
        shown.append(char)
        if used + len(_ELLIPSIS) <= width:
            cut = len(shown)
    return "".join(shown)


def display_width(text: str) -> int:
    """Return how many terminal columns a text takes: 2 for each wide East Asian character."""
    return sum(map(_char_width, text))


def _char_width(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _is_harmless(char: str) -> bool:
    return char.isprintable() or char.isspace() or char in _JOINERS


def _score(line: Line) -> str:
    return "-" if line.label is Label.EMPTY else f"{line.score:.3f}"


def _coloured(text: str, code: str) -> str:
    return f"\x1b[{code}m{text}\x1b[0m"
