"""Runs a program in a Python of its own, with the boilerkit that the tests import."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import boilerkit

PACKAGE = Path(boilerkit.__file__).parent


def run_python(program: str, *, path: tuple[Path, ...] = ()) -> subprocess.CompletedProcess[str]:
    """Run a program; `path` comes before boilerkit's own folder on the module search path."""
    search = os.pathsep.join(str(folder) for folder in (*path, PACKAGE.parent))
    return subprocess.run(
        [sys.executable, "-B", "-c", program],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": search, "PYTHONIOENCODING": "utf-8"},
        cwd=sys.prefix,  # Python looks for modules in the current folder first
        check=False,
        timeout=120,
    )
