"""Docstrings of boilerkit as Markdown: an extension of Griffe, which reads them for the site.

A paragraph that describes arguments, one ``name: what it is`` after another, becomes a list; the
roles of reStructuredText (``:func:`name` ``) become plain names.
"""

from __future__ import annotations

import re
from typing import Any

import griffe

_ROLE = re.compile(r":(?:func|class|meth|attr|mod):(?=`)")
_LITERAL = re.compile(r"``(.+?)``", re.DOTALL)


class Docstrings(griffe.Extension):
    """Rewrites each docstring once it has been read."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        if obj.docstring is not None:
            obj.docstring.value = as_markdown(obj.docstring.value, _names(obj))


def as_markdown(docstring: str, names: set[str]) -> str:
    """Return a docstring as Markdown; `names` are those of arguments and attributes."""
    text = _LITERAL.sub(r"`\1`", _ROLE.sub("", docstring))
    return "\n\n".join(_as_list(part, names) for part in text.split("\n\n"))


def _as_list(paragraph: str, names: set[str]) -> str:
    lines = paragraph.split("\n")
    if not _argument(lines[0], names):
        return paragraph
    marked = [_argument(line, names) or f"    {line.strip()}" for line in lines]
    return "\n".join(marked)


def _argument(line: str, names: set[str]) -> str:
    """Return a line that begins the description of an argument as an item, or nothing."""
    name, colon, what = line.partition(": ")
    return f"- `{name}`: {what}" if colon and name in names else ""


def _names(obj: griffe.Object) -> set[str]:
    names = set(obj.members)
    function = obj.members.get("__init__", obj)
    if isinstance(function, griffe.Function):
        names |= {parameter.name for parameter in function.parameters}
    return names
