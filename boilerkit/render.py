"""Decisions → text."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from boilerkit.labels import Role
from boilerkit.records import Part

__all__ = ["cut_parts", "render_page", "render_text"]


def cut_parts(line: str, parts: Sequence[Part]) -> str:
    """Return a line without its dropped parts; white space at its ends stays."""
    if not parts:
        return line
    kept = "".join(line[part.start : part.end] for part in parts if part.kept)
    return line[: parts[0].start] + kept + line[parts[-1].end :]


def render_page(
    texts: Sequence[str], kept: Sequence[bool], roles: Sequence[Role], printed: Collection[Role]
) -> str:
    """Return the kept lines of a page whose role is among those printed, one a row."""
    return "\n".join(
        text
        for text, keep, role in zip(texts, kept, roles, strict=True)
        if keep and role in printed
    )


def render_text(text: str, raw: Sequence[str], kept: Sequence[bool]) -> str:
    """Return the text without its dropped lines.

    Kept lines are unchanged. Between two kept lines stand as many blank lines as the longest run
    of them there in `text`; blank lines at an edge go if a line with words went there; the
    result, unless empty, ends in a newline exactly if `text` does.
    """
    blank = [not line.strip() for line in raw]
    shown = [number for number, keep in enumerate(kept) if keep and not blank[number]]
    if len(shown) == len(raw) - sum(blank):
        return text
    if not shown:
        return ""
    out = _edge(raw, blank, 0, shown[0])
    for number, following in zip(shown, [*shown[1:], len(raw)], strict=True):
        out.append(raw[number])
        if following < len(raw):
            out += _longest_blank_run(raw, blank, number + 1, following)
    tail = _edge(raw, blank, shown[-1] + 1, len(raw))
    result = "\n".join(out + tail)
    if text.endswith("\n") and not result.endswith("\n"):
        result += "\n"
    return result


def _edge(raw: Sequence[str], blank: Sequence[bool], first: int, end: int) -> list[str]:
    """Return the blank lines at an edge, none if any other line went there."""
    return list(raw[first:end]) if all(blank[first:end]) else []


def _longest_blank_run(
    raw: Sequence[str], blank: Sequence[bool], first: int, end: int
) -> list[str]:
    best: tuple[int, int] = (first, first)
    start = first
    for number in range(first, end + 1):
        if number == end or not blank[number]:
            if number - start > best[1] - best[0]:
                best = (start, number)
            start = number + 1
    return list(raw[best[0] : best[1]])
