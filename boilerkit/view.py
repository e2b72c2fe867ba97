"""Labelled lines → HTML that shows them to a person: whole files and a notebook's fragment.

Every text of a document is escaped, and a policy in the page's head allows no script but our own
and nothing from the network.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib import resources
from itertools import groupby
from typing import Protocol

from boilerkit.cuts import Cut
from boilerkit.labels import Label, Role
from boilerkit.text_lines import fold_line
from boilerkit.user_labels import line_hash

__all__ = ["Shown", "doubt", "render_annotator", "render_fragment", "render_index", "render_view"]

# A line on whose side fewer of such lines stand is marked as unsure.
_SURE = 0.75
# What a notebook stores of a document at the most.
_FRAGMENT_LINES = 1000
_EXCERPT_CHARS = 160
_REASONS = {
    "model": "the model’s score decided",
    "label-kept": "chrome, kept because the configuration keeps its label",
    "no-words": "no letter or digit: kept where the nearest lines with words are",
}
# Keys that set a label when editing: a letter of its name; j, k, u, x and z are commands.
_KEYS = {
    Label.CONTENT: "c",
    Label.DONATION: "d",
    Label.SUBSCRIPTION: "s",
    Label.NEWSLETTER: "n",
    Label.ACCOUNT: "a",
    Label.CONSENT: "o",
    Label.ADVERTISEMENT: "v",
    Label.SOCIAL: "h",
    Label.COMMENTS: "m",
    Label.RELATED: "r",
    Label.NAVIGATION: "g",
    Label.LEGAL: "l",
    Label.BYLINE: "b",
    Label.INTERFACE: "i",
}
_PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}")


class ShownLine(Protocol):
    """What is shown of a line; :class:`boilerkit.Line` has it."""

    @property
    def text(self) -> str: ...
    @property
    def label(self) -> Label: ...
    @property
    def kept(self) -> bool: ...
    @property
    def score(self) -> float: ...
    @property
    def reason(self) -> str: ...
    @property
    def role(self) -> Role: ...


class ShownDocument(Protocol):
    """What is shown of a document; :class:`boilerkit.Document` has it."""

    @property
    def lines(self) -> Sequence[ShownLine]: ...
    @property
    def title(self) -> str: ...
    @property
    def backend(self) -> str: ...
    @property
    def model(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Shown:
    """A document under its name, with what else is known of it.

    ``cut`` tells from which score on a line is content; ``terms`` holds for each line the largest
    contributions to its log-odds, as names and values; ``checked`` the labels that a person gave,
    by line index.
    """

    name: str
    document: ShownDocument
    cut: Cut | None = None
    terms: Sequence[Sequence[tuple[str, float]]] = ()
    checked: Mapping[int, Label] | None = None


def doubt(document: ShownDocument) -> float:
    """Return the share (0 to 1) of the characters that must be expected on the wrong side.

    A line's score is taken as the probability that it is content; lines without words do not
    count. An empty document leaves no doubt.
    """
    chars = wrong = 0.0
    for line in document.lines:
        if line.label is not Label.EMPTY:
            chars += len(line.text)
            wrong += len(line.text) * (1 - _certainty(line))
    return wrong / chars if chars else 0.0


def render_view(shown: Shown, *, index: str = "") -> str:
    """Return one document as a self-contained page; `index` is the address of a folder's index."""
    hint = (
        "Point at a line, or move with <kbd>j</kbd> and <kbd>k</kbd> (<kbd>u</kbd>: to the next"
        " unsure one), to see its score and what made it. <kbd>Esc</kbd> hides that."
    )
    way_back = (
        f'<nav class="back"><a href="{escape(index)}">← All documents</a></nav>' if index else ""
    )
    body = _frame("", way_back, _head(shown, hint), _article(shown))
    return _page(shown.name, body, _template("view.js"))


def render_fragment(document: ShownDocument) -> str:
    """Return a document for a notebook: no script, styles that touch nothing else."""
    shown = Shown("", document)
    head = _head(shown, "Point at a line, or move with <kbd>Tab</kbd>, to see its score.")
    article = _article(shown, limit=_FRAGMENT_LINES)
    return f"<style>{_template('view.css')}</style>\n{_frame('fragment', head, article)}"


def render_annotator(documents: Sequence[Shown]) -> str:
    """Return documents as one self-contained page on which labels can be changed and saved."""
    articles = [
        _article(shown, editable=True, hidden=number > 0) for number, shown in enumerate(documents)
    ]
    body = _frame("editable", _tools(documents), *articles, _palette())
    return _page("Labels", body, _template("view.js") + _template("annotate.js"))


def render_index(documents: Sequence[Shown], addresses: Mapping[str, str]) -> str:
    """Return a page that links to documents, the least certain first.

    addresses: each document's address by its name.
    """
    ranked = sorted(documents, key=lambda shown: (-doubt(shown.document), shown.name))
    cards = "\n".join(_card(shown, addresses[shown.name]) for shown in ranked)
    head = (
        '<header class="head"><h1>Documents, the least certain first</h1>\n'
        f'<p class="about">{len(ranked)} documents. Doubt is the share of the text that, by the'
        " scores, must be expected on the wrong side.</p></header>"
    )
    return _page("Documents", _frame("", head, f'<div class="index"><ol>{cards}</ol></div>'), "")


# --- the page -----------------------------------------------------------------------------------


def _page(title: str, body: str, script: str) -> str:
    digest = base64.b64encode(hashlib.sha256(f"\n{script}".encode()).digest()).decode("ascii")
    values = {
        "policy": f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}';"
        " base-uri 'none'; form-action 'none'",
        "title": f"{escape(title)} · boilerkit",
        "style": _template("view.css"),
        "body": body,
        "script": script,
    }
    # one pass: a placeholder in a document's text stays what it is
    return _PLACEHOLDER.sub(lambda match: values[match[1]], _template("view.html"))


def _template(name: str) -> str:
    return (
        resources.files("boilerkit")
        .joinpath("templates")
        .joinpath(name)
        .read_text(encoding="utf-8")
    )


def _frame(kind: str, *parts: str) -> str:
    inside = "\n".join(filter(None, parts))
    # a notebook has its own <main>
    tag = "div" if kind == "fragment" else "main"
    return f'<{tag} class="{f"boilerkit-view {kind}".strip()}">\n{inside}\n</{tag}>'


def _head(shown: Shown, hint: str) -> str:
    document = shown.document
    heading = document.title or shown.name or "Text"
    where = f"{escape(shown.name)} · " if shown.name and shown.name != heading else ""
    by = escape(document.model or document.backend)
    return (
        f'<header class="head"><h1 dir="auto" lang="">{escape(heading)}</h1>\n'
        f'<p class="about">{where}{_counts(document)} · {by}</p>\n'
        f"{_filters(document)}\n{_modes()}\n"
        f'<p class="hint keys">{hint}</p></header>'
    )


def _counts(document: ShownDocument) -> str:
    lines = [line for line in document.lines if line.label is not Label.EMPTY]
    kept = sum(line.kept for line in lines)
    return (
        f"<b>{len(lines)}</b> lines with words, <b>{kept}</b> kept, <b>{len(lines) - kept}</b>"
        f" dropped · doubt <b>{doubt(document):.1%}</b>"
    )


def _filters(document: ShownDocument) -> str:
    counts = Counter(line.label for line in document.lines)
    chips = "".join(
        f'<label class="chip" data-label="{label}"><input type="checkbox" value="{label}"'
        f"{'' if label is Label.EMPTY else ' checked'}>{label} <b>{counts[label]}</b></label>\n"
        for label in Label
        if counts[label]
    )
    unsure = sum(map(_is_unsure, document.lines))
    chips += (
        '<label class="chip"><input type="checkbox" value="unsure">only unsure lines'
        f" <b>{unsure}</b></label>\n"
    )
    return f'<fieldset class="filters"><legend>Show</legend>\n{chips}</fieldset>'


def _modes() -> str:
    # a checkbox, not two radio buttons: those of two fragments would be one group
    return (
        '<div class="modes layout"><label class="chip"><input type="checkbox" value="beside">'
        "kept and dropped side by side</label></div>"
    )


def _article(
    shown: Shown, *, limit: int | None = None, editable: bool = False, hidden: bool = False
) -> str:
    lines = list(enumerate(shown.document.lines))[:limit]
    runs = "\n".join(_runs(shown, lines, editable))
    rest = len(shown.document.lines) - len(lines)
    more = f'<p class="hint">… and {rest} more lines</p>' if rest else ""
    name = f' data-doc="{escape(shown.name)}"' if editable else ""
    return (
        f'<section class="doc"{name}{" hidden" if hidden else ""}>\n'
        '<div class="columns"><span>Kept</span><span>Dropped</span></div>\n'
        f"{runs}\n{more}</section>"
    )


_Numbered = tuple[int, ShownLine]


def _runs(shown: Shown, lines: Sequence[_Numbered], editable: bool) -> Iterator[str]:
    """Yield sections of kept lines with the dropped lines that follow them."""
    opened = ""
    for kept, run in groupby(lines, key=lambda item: item[1].kept):
        items = "\n".join(_line(shown, index, line, editable) for index, line in run)
        block = f'<ol class="{"kept" if kept else "dropped"}">\n{items}\n</ol>'
        if kept:
            opened = block
        else:
            yield f'<div class="run">{opened}{block}</div>'
            opened = ""
    if opened:
        yield f'<div class="run">{opened}</div>'


def _line(shown: Shown, index: int, line: ShownLine, editable: bool) -> str:
    checked = (shown.checked or {}).get(index)
    classes = "line" + " unsure" * _is_unsure(line) + " checked" * (checked is not None)
    data = f'data-label="{checked or line.label}" data-role="{line.role}"'
    if editable:
        data += f' data-line="{index + 1}" data-sha256="{line_hash(line.text)}"'
        data += f' data-given="{line.label}"'
    return (
        f'<li class="{classes}" {data} tabindex="0"><span class="no">{index + 1}</span>'
        f'<span class="text" dir="auto" lang="">{escape(line.text)}</span>'
        f'<span class="tag">{checked or line.label}</span>{_why(shown, index, line)}</li>'
    )


def _why(shown: Shown, index: int, line: ShownLine) -> str:
    reason = _REASONS.get(line.reason, f"above all: {line.reason}")
    side = "kept" if line.kept else "dropped"
    if line.label is Label.EMPTY:
        return f'<span class="why"><span class="sum">{side}: {reason}</span></span>'
    # only in bare texts, whose lines are read folded, does it depend on the line
    cut = None if shown.cut is None else shown.cut.of(fold_line(line.text))
    mark = "" if cut is None else f'<u style="--cut:{cut:.2%}"></u>'
    bound = "" if cut is None else f", content from {cut:.3f} on"
    terms = "".join(map(_term, shown.terms[index])) if shown.terms else ""
    return (
        f'<span class="why"><span class="sum"><span class="tag">{line.label}, {side}</span>'
        f'<span class="gauge" style="--score:{line.score:.2%}"><i></i>{mark}</span>'
        f"<span>score <b>{line.score:.3f}</b>{bound}</span><span>{escape(reason)}</span></span>"
        f'<span class="terms">{terms}</span></span>'
    )


def _term(term: tuple[str, float]) -> str:
    name, value = term
    side = "for" if value > 0 else "against"
    return (
        f'<span class="term"><b class="{side}">{value:+.2f}</b><span>{escape(name)}</span></span>'
    )


def _card(shown: Shown, address: str) -> str:
    document = shown.document
    share = doubt(document)
    title = document.title if document.title != shown.name else ""
    worst = min(
        (line for line in document.lines if line.label is not Label.EMPTY),
        key=_certainty,
        default=None,
    )
    quoted = ""
    if worst is not None:
        quoted = f"<p>{worst.label}? <q>{escape(worst.text[:_EXCERPT_CHARS])}</q></p>"
    return (
        f'<li class="card"><a href="{escape(address)}">{escape(shown.name)}</a>'
        f'<p dir="auto" lang="">{escape(title)}</p>{quoted}'
        f'<div class="doubt"><b>{share:.1%}</b><span class="gauge" style="--score:'
        f'{min(2 * share, 1):.1%}"><i></i></span></div></li>'
    )


def _tools(documents: Sequence[Shown]) -> str:
    options = "".join(
        f'<option value="{number}">{escape(shown.name)} (doubt {doubt(shown.document):.1%})'
        "</option>"
        for number, shown in enumerate(documents)
    )
    return (
        '<header class="head"><h1>Labels</h1>\n'
        '<p class="about">Change what is wrong, confirm what is right, save. Nothing leaves this'
        " page but the file that you save.</p>\n"
        '<div class="tools">'
        f'<label>Document <select class="pick">{options}</select></label>'
        '<button type="button" class="all">All of this document is right <kbd>x</kbd></button>'
        '<button type="button" class="undo">Undo <kbd>z</kbd></button>'
        '<button type="button" class="save main">Save labels.jsonl</button>'
        '<label class="chip"><input type="checkbox" value="unsure">only unsure lines</label>'
        '<span class="status" role="status"></span></div>\n'
        '<p class="hint keys"><kbd>j</kbd> <kbd>k</kbd> move, with <kbd>Shift</kbd> over several'
        " lines · <kbd>u</kbd> next unsure line · <kbd>Enter</kbd> the label is right ·"
        " <kbd>[</kbd> <kbd>]</kbd> document · a letter below sets the label</p>\n"
        "<noscript>Changing labels needs JavaScript.</noscript></header>"
    )


def _palette() -> str:
    buttons = "".join(
        f'<button type="button" data-label="{label}" data-key="{key}"><kbd>{key}</kbd> {label}'
        "</button>"
        for label, key in _KEYS.items()
    )
    return f'<div class="palette" role="toolbar" aria-label="Labels">{buttons}</div>'


def _certainty(line: ShownLine) -> float:
    """Return the probability, by the score, that the line is on the right side."""
    return line.score if line.label is Label.CONTENT else 1 - line.score


def _is_unsure(line: ShownLine) -> bool:
    return line.label is not Label.EMPTY and _certainty(line) < _SURE
