"""``explain``: why one line of a FILE got its label."""

from __future__ import annotations

from argparse import Namespace

from boilerkit.cli_documents import choose_kind, open_cleaner
from boilerkit.cli_input import read_source
from boilerkit.cli_messages import complain, describe_error, warnings_as_lines
from boilerkit.cli_output import screen, write_stdout
from boilerkit.cli_table import shorten
from boilerkit.errors import BoilerkitError
from boilerkit.explain import Explanation, explain
from boilerkit.labels import Label

__all__ = ["run_explain"]

_SHOWN_CONTRIBUTIONS = 20


def run_explain(arguments: Namespace) -> int:
    """Print the explanation of one line; return 2 if there is none to give, else 0."""
    cleaner = open_cleaner(arguments)
    name, number = arguments.file, arguments.line
    try:
        with warnings_as_lines(name):
            source = read_source(name, kind=choose_kind(arguments, name), charset=arguments.charset)
            explanation = explain(cleaner, source.text, number - 1, source.kind)
    except (BoilerkitError, OSError) as error:
        complain(describe_error(error, name))
        return 2
    point = cleaner.config.operating_point
    rule = f"content from {explanation.cut:.3f} on ({point})"
    write_stdout(_render(explanation, number, rule, screen(to_stdout=True).width))
    return 0


def _render(explanation: Explanation, number: int, rule: str, width: int) -> str:
    rows = [shorten(explanation.text, width), ""]
    if explanation.label is Label.EMPTY:
        rows.insert(0, f"line {number}: empty")
        rows.append("no letter or digit: kept where the nearest lines with words are")
    else:
        label, score = explanation.label, explanation.score
        rows.insert(0, f"line {number}: {label}, score {score:.3f}, {rule}")
        rows += _sum_rows(explanation)
    return "".join(f"{row}\n" for row in rows)


def _sum_rows(explanation: Explanation) -> list[str]:
    shown = explanation.contributions[:_SHOWN_CONTRIBUTIONS]
    others = explanation.contributions[_SHOWN_CONTRIBUTIONS:]
    rows = [("where every line starts", explanation.base), *shown]
    if others:
        rows.append((f"{len(others)} smaller ones", sum(value for _, value in others)))
    rows.append(("= log-odds of content", explanation.log_odds))
    return [f"{value:+8.3f}  {name}" for name, value in rows]
