"""What a call returns: labelled lines, documents and batch results."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from boilerkit.errors import ConfigError
from boilerkit.labels import Label, Role

__all__ = ["FORMATS", "Document", "Line", "Part", "Renderer", "Result", "check_format"]

FORMATS = ("text", "markdown", "markdown+links")


def check_format(name: str) -> None:
    """Raise ConfigError for an unknown output format, TypeError for what is no name."""
    if not isinstance(name, str):
        raise TypeError(f"format must be a str, not {type(name).__name__}")
    if name not in FORMATS:
        raise ConfigError(f"unknown format {name!r}: choose from {', '.join(FORMATS)}")


@dataclass(frozen=True, slots=True)
class Part:
    """A run of sentences of a line that holds content and chrome.

    ``start`` and ``end`` are offsets in code points into the line's text. ``score`` is that
    of the run as a line of its own. ``label`` and ``kept`` are as in :class:`Line`.
    """

    label: Label
    kept: bool
    score: float
    start: int
    end: int

    def to_dict(self) -> dict[str, Any]:
        """Return the part as JSON values."""
        return {
            "label": self.label.value,
            "kept": self.kept,
            "score": round(self.score, 6),
            "start": self.start,
            "end": self.end,
        }


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a document with its decision.

    ``score`` is the probability (0 to 1) that the line is content, neighbours included; the
    heuristic's score is monotone in its rule total and no probability. ``label`` is the decision
    at the operating point: ``content``, else the likeliest kind of chrome. ``kept`` tells whether
    the line stands in the document's text before roles are looked at. ``reason`` is one of the
    codes in ``docs/labels.md``. ``start`` and ``end`` are offsets in code points into the text
    given; None for HTML. ``parts`` is empty unless sentences were to be split and the line holds
    content and chrome: then the parts follow each other without a gap, from its first to its last
    character that is no white space. Such a line is kept, under the label of its kept part.
    """

    text: str
    label: Label
    kept: bool
    score: float
    reason: str
    role: Role
    start: int | None = None
    end: int | None = None
    parts: tuple[Part, ...] = ()

    @property
    def is_content(self) -> bool:
        """Whether the label is ``content``."""
        return self.label is Label.CONTENT

    def to_dict(self) -> dict[str, Any]:
        """Return the line as JSON values."""
        return {
            "text": self.text,
            "label": self.label.value,
            "is_content": self.is_content,
            "kept": self.kept,
            "score": round(self.score, 6),
            "reason": self.reason,
            "role": self.role.value,
            "start": self.start,
            "end": self.end,
            "parts": [part.to_dict() for part in self.parts],
        }


class Renderer(Protocol):
    """What a page leaves in its document to render its structure when asked to."""

    def render(self, lines: Sequence[Line], *, links: bool) -> str:
        """Return the kept ones of the page's lines as Markdown."""


@dataclass(frozen=True, slots=True)
class Document:
    """The labelled lines of one page or text.

    ``text`` is what ``extract`` or ``clean`` returns. ``title`` is the page's own headline or
    ``<title>`` (empty for text). ``truncated`` is the offset in code points at which the input
    was cut, or None. ``backend`` is ``model`` or ``heuristic``; ``model`` its name and version.
    """

    lines: tuple[Line, ...]
    text: str
    title: str = ""
    truncated: int | None = None
    backend: str = "model"
    model: str = ""
    _renderer: Renderer | None = field(default=None, repr=False, compare=False)

    def render(self, format: str = "text") -> str:
        """Return the kept lines in one of the output formats.

        ``text`` is :attr:`text`. ``markdown`` is CommonMark with the tables of GFM, and
        ``markdown+links`` has the addresses of links too. A document made of a text has no
        structure: in all formats it is its text. Raises ConfigError for an unknown format.
        """
        check_format(format)
        if format == "text" or self._renderer is None:
            return self.text
        return self._renderer.render(self.lines, links=format == "markdown+links")

    def __repr__(self) -> str:
        """Return one line: a page has hundreds."""
        kept = sum(line.kept for line in self.lines)
        cut = "" if self.truncated is None else f", truncated={self.truncated}"
        by = f"backend={self.backend!r}, model={self.model!r}"
        return f"Document({len(self.lines)} lines, {kept} kept, title={self.title!r}{cut}, {by})"

    def _repr_html_(self) -> str:
        """Return what a notebook shows: the lines coloured by label, with their scores."""
        from boilerkit.view import render_fragment

        return render_fragment(self)

    def to_dict(self) -> dict[str, Any]:
        """Return the document as JSON values."""
        return {
            "title": self.title,
            "text": self.text,
            "truncated": self.truncated,
            "backend": self.backend,
            "model": self.model,
            "lines": [line.to_dict() for line in self.lines],
        }

    def to_json(self) -> str:
        """Return the document as one line of JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Result:
    """One item of a batch: ``value`` or ``error`` is None."""

    id: Any
    value: str | Document | None
    error: str | None
