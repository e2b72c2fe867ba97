"""Plots as SVG text, drawn by hand so that a report needs no plotting library and no network.

Colours are classes (``c0`` … for series, ``grid``, ``axis``), so that the page's style sheet
decides them for light and dark.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

__all__ = [
    "Bar",
    "Curve",
    "Dot",
    "Frame",
    "bars",
    "curves",
    "dashes",
    "dot_rows",
    "draw_dot",
    "identity",
    "scatter",
]

_FONT_WIDTH: Final = 6.2  # mean width of a character at the plots' font size, in pixels


@dataclass(frozen=True)
class Dot:
    """A point with its name; `series` picks the colour, ``strong`` sets it off from the rest."""

    x: float
    y: float
    name: str
    series: int = 0
    strong: bool = False


@dataclass(frozen=True)
class Curve:
    """A line through points, in order of x."""

    points: Sequence[tuple[float, float]]
    name: str
    series: int = 0
    strong: bool = False


@dataclass(frozen=True)
class Bar:
    """A column from zero to ``height`` between two x."""

    low: float
    high: float
    height: float
    name: str


@dataclass(frozen=True)
class Frame:
    """Size, axes and scales of a plot.

    ``x_range`` and ``y_range`` are in data units; a logarithmic axis needs a positive range.
    """

    x_label: str
    y_label: str
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    log_x: bool = False
    log_y: bool = False
    width: int = 600
    height: int = 360
    left: int = 56
    right: int = 20
    bottom: int = 44
    top: int = 14

    def x(self, value: float) -> float:
        """Return the pixel of a data x, held inside the frame."""
        share = _share(value, self.x_range, log=self.log_x)
        return self.left + share * (self.width - self.left - self.right)

    def y(self, value: float) -> float:
        """Return the pixel of a data y, held inside the frame."""
        base = self.height - self.bottom
        return base - _share(value, self.y_range, log=self.log_y) * (base - self.top)


def _share(value: float, span: tuple[float, float], *, log: bool) -> float:
    """Return where a value lies in a span, from 0 to 1; a span may run backwards."""
    low, high = span
    value = min(max(value, min(span)), max(span))
    if log:
        low, high, value = math.log10(low), math.log10(high), math.log10(value)
    return (value - low) / (high - low)


# --- whole plots -------------------------------------------------------------------------------


def scatter(frame: Frame, dots: Sequence[Dot], title: str) -> str:
    """Draw named points; names are moved apart so that none covers another."""
    marks = [draw_dot(frame, dot) for dot in _bottom_up(dots)]
    parts = [*_axes(frame), *marks, *_names(frame, dots)]
    return _svg(frame, parts, title)


def curves(frame: Frame, lines: Sequence[Curve], title: str, extra: Sequence[str] = ()) -> str:
    """Draw lines; those that are strong lie on top, the first series above all others."""
    ordered = sorted(lines, key=lambda line: (line.strong, -line.series))
    parts = [*_axes(frame), *extra, *(_curve(frame, line) for line in ordered)]
    return _svg(frame, parts, title)


def bars(frame: Frame, columns: Sequence[Bar], title: str) -> str:
    """Draw columns."""
    parts = [*_axes(frame)]
    for bar in columns:
        left, right = frame.x(bar.low) + 1, frame.x(bar.high) - 1
        top = frame.y(bar.height)
        parts.append(
            f'<rect class="bar" x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}"'
            f' height="{frame.y(0) - top:.1f}" rx="2"><title>{escape(bar.name)}</title></rect>'
        )
    return _svg(frame, parts, title)


def dot_rows(frame: Frame, groups: Sequence[str], dots: Sequence[Dot], title: str) -> str:
    """Draw one row of points per group; a dot's y is the number of its group, from the top."""
    parts = [*_x_axis(frame)]
    for index, group in enumerate(groups):
        y = frame.y(index)
        parts += [_row_line(frame, y), _row_name(frame, y, group)]
    parts += [draw_dot(frame, dot) for dot in _bottom_up(dots)]
    return _svg(frame, parts, title)


# --- parts -------------------------------------------------------------------------------------


def _svg(frame: Frame, parts: Sequence[str], title: str) -> str:
    body = "\n".join(parts)
    return (
        f'<svg class="plot" viewBox="0 0 {frame.width} {frame.height}" role="img"'
        f' aria-label="{escape(title, quote=True)}" xmlns="http://www.w3.org/2000/svg">\n'
        f"{body}\n</svg>"
    )


def _axes(frame: Frame) -> list[str]:
    return [*_x_axis(frame), *_y_axis(frame)]


def _x_axis(frame: Frame) -> list[str]:
    base = frame.height - frame.bottom
    parts = []
    for value in _tick_values(frame.x_range, log=frame.log_x):
        x = frame.x(value)
        parts += [
            _grid_line((x, frame.top), (x, base)),
            _text("tick", x, base + 17, _number(value), "middle"),
        ]
    middle = (frame.left + frame.width - frame.right) / 2
    return [*parts, _text("axis", middle, frame.height - 6, frame.x_label, "middle")]


def _y_axis(frame: Frame) -> list[str]:
    parts = []
    for value in _tick_values(frame.y_range, log=frame.log_y):
        y = frame.y(value)
        parts += [_row_line(frame, y), _row_name(frame, y, _number(value))]
    middle = (frame.top + frame.height - frame.bottom) / 2
    label = (
        f'<text class="axis" transform="translate(13 {middle:.1f}) rotate(-90)"'
        f' text-anchor="middle">{escape(frame.y_label)}</text>'
    )
    return [*parts, label]


def _row_line(frame: Frame, y: float) -> str:
    return _grid_line((frame.left, y), (frame.width - frame.right, y))


def _row_name(frame: Frame, y: float, name: str) -> str:
    return _text("tick", frame.left - 8, y + 4, name, "end")


def _grid_line(start: tuple[float, float], end: tuple[float, float]) -> str:
    return (
        f'<line class="grid" x1="{start[0]:.1f}" x2="{end[0]:.1f}"'
        f' y1="{start[1]:.1f}" y2="{end[1]:.1f}"/>'
    )


def _text(kind: str, x: float, y: float, text: str, anchor: str) -> str:
    return (
        f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
    )


def _bottom_up(dots: Sequence[Dot]) -> list[Dot]:
    """Return points in the order in which they are drawn: the first series ends on top."""
    return sorted(dots, key=lambda dot: (dot.strong, -dot.series))


def draw_dot(frame: Frame, dot: Dot) -> str:
    """Return one point."""
    kind = f"c{dot.series}" if dot.strong else "rest"
    radius = 6 if dot.strong else 4.5
    return (
        f'<circle class="dot {kind}" cx="{frame.x(dot.x):.1f}" cy="{frame.y(dot.y):.1f}"'
        f' r="{radius}"><title>{escape(dot.name)}</title></circle>'
    )


def _curve(frame: Frame, line: Curve) -> str:
    path = " ".join(f"{frame.x(x):.1f},{frame.y(y):.1f}" for x, y in line.points)
    kind = f"c{line.series} strong" if line.strong else "rest"
    name = f"<title>{escape(line.name)}</title>"
    return f'<polyline class="curve {kind}" points="{path}">{name}</polyline>'


def _names(frame: Frame, dots: Sequence[Dot]) -> list[str]:
    """Place each name beside its dot, moved down or up until it touches no placed one."""
    placed: list[tuple[float, float, float]] = []
    parts = []
    for dot in sorted(dots, key=lambda dot: (not dot.strong, dot.y)):
        width = len(dot.name) * _FONT_WIDTH
        x = frame.x(dot.x) + 10
        if x + width > frame.width - frame.right:
            x = frame.x(dot.x) - 10 - width
        y = _free_height(frame.y(dot.y) + 4, x, width, placed)
        placed.append((x, y, width))
        strong = " strong" if dot.strong else ""
        parts.append(
            f'<text class="name{strong}" x="{x:.1f}" y="{y:.1f}">{escape(dot.name)}</text>'
        )
    return parts


_LINE_PIXELS: Final = 13


def _free_height(
    wanted: float, x: float, width: float, placed: Sequence[tuple[float, float, float]]
) -> float:
    def is_free(y: float) -> bool:
        return all(
            abs(y - other_y) >= _LINE_PIXELS or x + width < other_x or other_x + other_width < x
            for other_x, other_y, other_width in placed
        )

    steps = (step for distance in range(40) for step in (distance, -distance))
    return next((wanted + step for step in steps if is_free(wanted + step)), wanted)


def _tick_values(span: tuple[float, float], *, log: bool) -> list[float]:
    return _log_ticks(span) if log else ticks(span)


def ticks(span: tuple[float, float]) -> list[float]:
    """Return four to eight round numbers inside a range."""
    low, high = span
    rough = (high - low) / 5
    power: float = 10 ** math.floor(math.log10(rough))
    step = min((power * factor for factor in (1, 2, 5, 10)), key=lambda size: abs(size - rough))
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [index * step for index in range(first, last + 1)]


def _log_ticks(span: tuple[float, float]) -> list[float]:
    low, high = span
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    wide = math.log10(high / low) > 3
    factors: Sequence[int] = (1,) if wide else (1, 2, 5)
    values = [factor * 10.0**power for power in powers for factor in factors]
    return [value for value in values if low <= value <= high]


def _number(value: float) -> str:
    return f"{value:,.10g}" if abs(value) < 1e6 else f"{value:.0e}"


def dashes(frame: Frame, points: Sequence[tuple[float, float]]) -> str:
    """Return a dashed line through points."""
    path = " ".join(f"{frame.x(x):.1f},{frame.y(y):.1f}" for x, y in points)
    return f'<polyline class="diagonal" fill="none" points="{path}"/>'


def identity(frame: Frame) -> str:
    """Return the diagonal on which x equals y."""
    low = max(frame.x_range[0], frame.y_range[0])
    high = min(frame.x_range[1], frame.y_range[1])
    return (
        f'<line class="diagonal" x1="{frame.x(low):.1f}" y1="{frame.y(low):.1f}"'
        f' x2="{frame.x(high):.1f}" y2="{frame.y(high):.1f}"/>'
    )
