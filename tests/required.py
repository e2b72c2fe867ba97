"""Imports the packages of the extras for the tests that need them."""

from __future__ import annotations

import importlib
import os
from types import ModuleType

import pytest


def require(name: str) -> ModuleType:
    """Import a module; where it is missing skip, or fail if $BOILERKIT_ENGINES names its package.

    The variable holds module names; CI sets it, so that no engine is left out unnoticed.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        if name.partition(".")[0] in os.environ.get("BOILERKIT_ENGINES", "").split():
            raise
        pytest.skip(f"{error}: install its extra", allow_module_level=True)
