"""``bench``: score boilerkit on a user's own labelled pages and texts."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from boilerkit.bench import bench_folder
from boilerkit.cli_documents import open_cleaner
from boilerkit.cli_output import write_stdout

__all__ = ["run_bench"]


def run_bench(arguments: Namespace) -> int:
    """Print the scores; return 1 if the mean F1 is below the floor, else 0.

    Raises ConfigError for a floor, folder or file that is not what it should be.
    """
    cleaner = open_cleaner(arguments)
    report = bench_folder(Path(arguments.pages), cleaner=cleaner, min_f1=arguments.min_f1)
    write_stdout(report.render())
    return 0 if report.passed else 1
