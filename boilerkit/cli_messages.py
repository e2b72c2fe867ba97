"""What the command says beside its result: one line each, on standard error."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from boilerkit.errors import BoilerkitWarning

__all__ = ["complain", "describe_error", "warnings_as_lines"]


def complain(message: str) -> None:
    """Print one line on standard error."""
    print(f"boilerkit: {' '.join(message.split())}", file=sys.stderr)


def describe_error(error: Exception, subject: str = "") -> str:
    """Return what failed and why: ``notes.txt: No such file or directory``.

    subject: the file that was worked on; an error that names another one is about that.
    """
    reason = str(error)
    if isinstance(error, OSError) and error.strerror:
        subject = subject if error.filename is None else str(error.filename)
        reason = error.strerror
    return f"{subject}: {reason}" if subject else reason


@contextmanager
def warnings_as_lines(subject: str = "") -> Iterator[None]:
    """Print a block's warnings as lines at its end; only boilerkit's, unless ``-W`` is given.

    subject: the file they are about.
    """
    with warnings.catch_warnings(record=True) as caught:
        if not sys.warnoptions:
            warnings.simplefilter("ignore")
            warnings.simplefilter("always", BoilerkitWarning)
        try:
            yield
        finally:
            for warning in caught:
                complain(f"{subject}: {warning.message}" if subject else str(warning.message))
