"""What the engines' tests share: which engine must be there, and records good and bad."""

from __future__ import annotations

import importlib
import os
from types import ModuleType

import pytest

#: With the toy model (toy_model.py) the middle line goes as a donation, the last as navigation.
TEXT = "The ferry left at noon.\nGive @ today!!!\nIt came back at six.\nShare!!!"
CLEANED = "The ferry left at noon.\nIt came back at six."
PAGE = "".join(f"<p>{line}</p>" for line in TEXT.split("\n"))


def require(name: str) -> ModuleType:
    """Import an engine; where it is missing skip the file, or fail if $BOILERKIT_ENGINES names it.

    The variable holds module names; CI sets it, so that no engine is left out unnoticed.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        if name in os.environ.get("BOILERKIT_ENGINES", "").split():
            raise
        pytest.skip(f"{error}: install boilerkit[engines]", allow_module_level=True)
