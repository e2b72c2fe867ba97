"""``run``: folders and files of records → one file of results each."""

from __future__ import annotations

import pickle
from argparse import Namespace
from hashlib import sha256
from pathlib import Path
from typing import Any

from boilerkit import __version__
from boilerkit.batch import check_jobs
from boilerkit.cli_documents import open_cleaner
from boilerkit.cli_output import write_stdout
from boilerkit.cli_progress import shown_progress
from boilerkit.inputs import Input, find_inputs
from boilerkit.pipeline import Cleaner
from boilerkit.readers import Columns
from boilerkit.run import ERRORS_NAME, Run, Totals, run

__all__ = ["run_run"]


def run_run(arguments: Namespace) -> int:
    """Do what is left to do, print the figures of the whole run and return 0."""
    check_jobs(arguments.jobs)
    out = Path(arguments.out)
    inputs = find_inputs(arguments.inputs, out)
    cleaner = open_cleaner(arguments)
    kind = None if arguments.input == "auto" else arguments.input
    columns = Columns(arguments.column, kind, arguments.write_column)
    job = Run(inputs, out, cleaner, columns, arguments.format, arguments.jobs)
    with shown_progress(sum(source.n_bytes for source in inputs)) as progress:
        totals = run(job, _settings(arguments, inputs, cleaner), progress)
    write_stdout(_render(totals, out))
    return 0


def _settings(arguments: Namespace, inputs: list[Input], cleaner: Cleaner) -> dict[str, Any]:
    """Return all that decides the results, as JSON values."""
    names = ("input", "column", "write_column", "format", "operating_point")
    return {
        "boilerkit": __version__,
        "model": cleaner.backend.model_name or cleaner.backend.name,
        **{name: getattr(arguments, name) for name in names},
        "keep": sorted(arguments.keep),
        "drop": arguments.drop and sorted(arguments.drop),
        "inputs": [[str(source.path), source.kind, source.n_bytes] for source in inputs],
        # a model that was trained anew may have its old name
        "cleaner_sha256": sha256(pickle.dumps(cleaner, pickle.HIGHEST_PROTOCOL)).hexdigest(),
    }


def _render(totals: Totals, out: Path) -> str:
    cleaned = totals.records - totals.broken - totals.skipped
    rows = [("records", totals.records), ("cleaned", cleaned)]
    rows += [("skipped, as no page", totals.skipped)] if totals.skipped else []
    rows += [("cut, as too long", totals.truncated)] if totals.truncated else []
    rows += [(f"broken, in {out / ERRORS_NAME}", totals.broken)]
    rows += [("words", totals.words), ("dropped words", totals.dropped_words)]
    lines = totals.to_dict()["lines"]
    rows += [(f"lines of {label}", count) for label, count in lines.items()]
    shown = [f"{count:>13,}  {name}" for name, count in rows]
    share = totals.dropped_words / max(totals.words, 1)
    shown.append(f"{share:>13.1%}  of the words dropped")
    return "".join(f"{row}\n" for row in shown)
