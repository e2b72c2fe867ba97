"""The report's plots: what is drawn, from which counts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from benchmarks import svg
from benchmarks.lines import MARKED_UP
from benchmarks.results import Run, SetResult, page_score
from benchmarks.rows import OURS, label_of, rivals
from benchmarks.sizes import MAX_SECONDS, Measured, SizesRun, peak_limit_mb
from benchmarks.speed import SpeedRun
from benchmarks.versus import group_sizes
from boilerkit.metrics import Bin

__all__ = ["Plot", "legend_html", "plots"]

#: Systems drawn in colour: ours and the best others.
_COLOURS: Final = 4
#: The row of empty texts: of use in a table, a line along the edge in a plot.
_NOTHING: Final = "nothing"
_VISIBLE_TEXT: Final = "inscriptis"
#: Seconds that a clock may not tell from none: an axis that is logarithmic has no zero.
_CLOCK_TICK: Final = 1e-4


@dataclass(frozen=True)
class Plot:
    """A drawing with its caption; ``legend`` names the coloured series in order."""

    title: str
    caption: str
    drawing: str
    legend: tuple[str, ...] = ()


def plots(run: Run, speed: SpeedRun | None, sizes: SizesRun | None = None) -> list[Plot]:
    """Return the plots that the data allow; a system has one colour in all of them."""
    drawn: list[Plot] = []
    colours = _colours(run)
    for result in run.sets.values():
        if speed is not None and result.name == speed.dataset:
            drawn.append(_score_against_time(run, result, speed, colours))
        if len(group_sizes(result, "page type")) > 1:
            drawn.append(_by_page_type(run, result, colours))
        drawn.append(_distribution(run, result, colours))
    for name, systems in run.lines.items():
        ours = systems.get(OURS)
        if ours is not None and ours.calibration and name != MARKED_UP:
            drawn += _calibration(name, ours.calibration)
    if speed is not None and any(timing.growth for timing in speed.systems.values()):
        drawn.append(_growth(run, speed, colours))
    if sizes is not None:
        drawn += _hostile(sizes)
    return drawn


def _colours(run: Run) -> dict[str, int]:
    """Return system → colour: ours is 0, then the best others of the first set; else grey."""
    first = next(iter(run.sets.values()), None)
    others = [name for name in rivals(first) if name != _VISIBLE_TEXT] if first else []
    return {name: rank for rank, name in enumerate([OURS, *others[: _COLOURS - 1]])}


def _legend(run: Run, colours: Mapping[str, int], drawn: Collection[str]) -> tuple[str, ...]:
    return tuple(label_of(run, name) if name in drawn else "" for name in colours)


def _score_against_time(
    run: Run, result: SetResult, speed: SpeedRun, colours: Mapping[str, int]
) -> Plot:
    dots = [
        svg.Dot(
            timing.mean_ms,
            result.score(name),
            label_of(run, name),
            colours.get(name, 0),
            name in colours,
        )
        for name, timing in speed.systems.items()
        if name in result.systems
    ]
    times = [dot.x for dot in dots]
    frame = svg.Frame(
        "mean milliseconds a page (logarithmic)",
        "score",
        (min(times) / 1.6, max(times) * 1.6),
        _padded([dot.y for dot in dots]),
        log_x=True,
        height=440,
    )
    return Plot(
        f"Score against time, {result.title}",
        "Up and to the left is better.",
        svg.scatter(frame, dots, "score against milliseconds a page"),
    )


def _by_page_type(run: Run, result: SetResult, colours: Mapping[str, int]) -> Plot:
    sizes = group_sizes(result, "page type")
    groups = list(sizes)
    dots = [
        svg.Dot(
            result.score(name, lambda page, g=group: page.page_type == g),  # type: ignore[misc]
            row,
            f"{label_of(run, name)}, {group}",
            colours.get(name, 0),
            name in colours,
        )
        for row, group in enumerate(groups)
        for name in result.systems
        if name != _NOTHING
    ]
    frame = svg.Frame(
        "score",
        "",
        _padded([dot.x for dot in dots]),
        (len(groups) - 0.5, -0.5),
        left=130,
        height=40 + 46 * len(groups),
    )
    heads = [f"{group} ({sizes[group]})" for group in groups]
    return Plot(
        f"By page type, {result.title}",
        "One dot a system; the grey ones are named when pointed at.",
        svg.dot_rows(frame, heads, dots, "score by page type"),
        _legend(run, colours, result.systems),
    )


def _distribution(run: Run, result: SetResult, colours: Mapping[str, int]) -> Plot:
    """Draw each system's page scores in rising order: the area below is its mean."""
    lines = []
    for name in (name for name in result.systems if name != _NOTHING):
        scores = sorted(page_score(result.measure, row) for row in result.counts(name))
        step = max(1, len(scores) // 200)
        points = [
            ((index + 0.5) / len(scores), scores[index]) for index in range(0, len(scores), step)
        ]
        lines.append(svg.Curve(points, label_of(run, name), colours.get(name, 0), name in colours))
    frame = svg.Frame("share of pages, worst first", "page score", (0, 1), (0, 1), height=360)
    return Plot(
        f"Distribution of page scores, {result.title}",
        "Each system's pages from worst to best; whole pages are lost where a curve stays low.",
        svg.curves(frame, lines, "page scores from worst to best"),
        _legend(run, colours, result.systems),
    )


def _calibration(name: str, bins: Sequence[Bin]) -> list[Plot]:
    points = [
        (item.mean_score, item.true_share)
        for item in bins
        if item.mean_score is not None and item.true_share is not None
    ]
    frame = svg.Frame("predicted probability of content", "share that is content", (0, 1), (0, 1))
    curve = svg.Curve(points, "boilerkit", 0, strong=True)
    dots = [svg.Dot(x, y, f"{x:.2f} predicted, {y:.2f} true", 0, True) for x, y in points]
    marks = [svg.identity(frame), *(svg.draw_dot(frame, dot) for dot in dots)]
    total = sum(item.count for item in bins)
    columns = [
        svg.Bar(item.low, item.high, item.count / total, f"{item.count:,} lines") for item in bins
    ]
    top = max(bar.height for bar in columns) * 1.05
    below = svg.Frame("predicted probability of content", "share of lines", (0, 1), (0, top))
    return [
        Plot(
            f"Calibration, {name}",
            "On the dashed line a probability means what it says.",
            svg.curves(frame, [curve], "calibration", marks),
        ),
        Plot(
            f"Predicted probabilities, {name}",
            "How often each probability is given.",
            svg.bars(below, columns, "share of lines by predicted probability"),
        ),
    ]


def _growth(run: Run, speed: SpeedRun, colours: Mapping[str, int]) -> Plot:
    """Draw time against page size on doubly logarithmic axes: a slope of 1 is linear."""
    grown = {name: timing.growth for name, timing in speed.systems.items() if timing.growth}
    lines = [
        svg.Curve(growth, label_of(run, name), colours.get(name, 0), name in colours)
        for name, growth in grown.items()
    ]
    xs = [x for line in lines for x, _ in line.points]
    ys = [y for line in lines for _, y in line.points]
    frame = svg.Frame(
        "page size in bytes (logarithmic)",
        "milliseconds (logarithmic)",
        (min(xs), max(xs)),
        (min(ys) / 1.3, max(ys) * 1.3),
        log_x=True,
        log_y=True,
    )
    return Plot(
        "Time against page size",
        "Median over pages of about that size. A slope of 1 is linear growth.",
        svg.curves(frame, lines, "milliseconds against page size"),
        _legend(run, colours, grown),
    )


def _hostile(run: SizesRun) -> list[Plot]:
    """Draw what each hostile shape costs against its size, and the bounds; the worst in colour."""
    return [
        _against_size(
            run,
            "CPU time of hostile inputs",
            "seconds of CPU time (logarithmic)",
            lambda item: item.seconds,
            lambda size: MAX_SECONDS * max(1.0, size / 1e7),
        ),
        _against_size(
            run,
            "Memory of hostile inputs",
            "peak of the process in MB (logarithmic)",
            lambda item: item.peak_mb,
            peak_limit_mb,
        ),
    ]


def _against_size(
    run: SizesRun,
    title: str,
    label: str,
    value: Callable[[Measured], float],
    limit: Callable[[int], float],
) -> Plot:
    points = {
        name: [(item.size, max(value(item), _CLOCK_TICK)) for item in group if not item.error]
        for name, group in run.by_shape().items()
    }
    ranked = sorted((name for name in points if points[name]), key=lambda n: points[n][-1][::-1])
    colours = {name: rank for rank, name in enumerate(ranked[::-1][:_COLOURS])}
    lines = [
        svg.Curve(points[name], name, colours.get(name, 0), name in colours) for name in ranked
    ]
    sizes = sorted({item.size for item in run.measured if not item.error})
    ys = [y for line in lines for _, y in line.points]
    frame = svg.Frame(
        "size of the input in bytes (logarithmic)",
        label,
        (sizes[0], sizes[-1]),
        (min(ys) / 1.3, max(*ys, limit(sizes[-1])) * 1.3),
        log_x=True,
        log_y=True,
    )
    bound = [(size, limit(size)) for size in sizes]
    return Plot(
        title,
        "One curve a shape; the dashed line is what an input may cost.",
        svg.curves(frame, lines, title, [svg.dashes(frame, bound)]),
        tuple(colours),
    )


def _padded(values: Sequence[float]) -> tuple[float, float]:
    """Return a range a little wider than the values, inside [0, 1]."""
    low, high = min(values), max(values)
    margin = max(0.02, 0.06 * (high - low))
    return max(0.0, low - margin), min(1.0, high + margin)


def legend_html(names: Sequence[str]) -> str:
    """Return the legend of coloured series; nameless series are left out."""
    items = [
        f'<span><i class="c{index}"></i>{escape(name)}</span>'
        for index, name in enumerate(names)
        if name
    ]
    if not items:
        return ""
    items.append('<span><i class="rest"></i>others</span>')
    return f'<div class="legend">{"".join(items)}</div>'
