"""What a trained model depends on, as three hashes: its data, its code, its settings.

Models with the same three are the same but for rounding. The benchmark holds fold models against
them, so that no figure is of a model that other code or other data made.
"""

from __future__ import annotations

import ast
import hashlib
import io
import json
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import asdict, is_dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from boilerkit.train.datasets import training_files

__all__ = ["code_modules", "fingerprint", "statements"]

_PACKAGE = Path(__file__).resolve().parents[1]
_ENTRY = "train.release"
_ITSELF = "train.fingerprint"


def fingerprint(root: Path) -> dict[str, str]:
    """Return the SHA-256 of data (under `root`), code and settings, by their names in a card.

    Raises FileNotFoundError where data are missing, ModuleNotFoundError without the extra
    ``train``.
    """
    return {
        "data_sha256": _digest((name, path.read_bytes()) for name, path in training_files(root)),
        "code_sha256": _digest([*_sources(), *_packaged_data()]),
        "settings_sha256": _digest(_settings()),
    }


def _digest(parts: Iterable[tuple[str, bytes]]) -> str:
    digest = hashlib.sha256()
    for name, content in parts:
        digest.update(name.encode("utf-8", "surrogateescape") + b"\0")
        digest.update(hashlib.sha256(content).digest())
    return digest.hexdigest()


# --- code --------------------------------------------------------------------------------------


def code_modules() -> list[str]:
    """Return the modules that training runs: what ``train.release`` imports, and what that does.

    Names are below ``boilerkit``, sorted.
    """
    found: set[str] = set()
    waiting = [_ENTRY]
    while waiting:
        name = waiting.pop()
        if name not in found and name != _ITSELF and _path(name).is_file():
            found.add(name)
            waiting += _imports(ast.parse(_path(name).read_text(encoding="utf-8")))
    return sorted(found)


def _path(name: str) -> Path:
    return _PACKAGE.joinpath(*name.split(".")).with_suffix(".py")


def _imports(node: ast.AST) -> Iterator[str]:
    """Yield what may be modules of boilerkit; what only the type checker sees is left out."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ImportFrom) and (child.module or "").startswith("boilerkit"):
            base = (child.module or "").removeprefix("boilerkit").removeprefix(".")
            yield base
            yield from (f"{base}.{alias.name}".removeprefix(".") for alias in child.names)
        elif not (isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"):
            yield from _imports(child)


def _sources() -> Iterator[tuple[str, bytes]]:
    for name in code_modules():
        source = _path(name).read_text(encoding="utf-8")
        yield name, "\n".join(statements(source)).encode()


def statements(source: str) -> list[str]:
    """Return the lines of a module without comments, docstrings and blank lines."""
    lines = source.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                for row in range(first.lineno, (first.end_lineno or first.lineno) + 1):
                    lines[row - 1] = ""
    return [line.rstrip() for line in lines if line.strip()]


def _packaged_data() -> Iterator[tuple[str, bytes]]:
    """Yield the project's own texts, labels and fold assignments, and the word lists."""
    for folder in (_PACKAGE / "train", _PACKAGE / "wordlists"):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.suffix not in (".py", ".pyc"):
                yield path.relative_to(_PACKAGE).as_posix(), path.read_bytes()


# --- settings ----------------------------------------------------------------------------------


def _settings() -> Iterator[tuple[str, bytes]]:
    """Yield the constants of the training modules as they are now, which a trial may have changed.

    Those that are no plain values, such as patterns, are part of the code alone.
    """
    for module in (name for name in code_modules() if name.startswith("train.")):
        held = vars(import_module(f"boilerkit.{module}"))
        for name in sorted(name for name in held if name.strip("_") and name.isupper()):
            try:
                text = json.dumps(held[name], default=_plain, sort_keys=True)
            except TypeError:
                continue
            yield f"{module}.{name}", text.encode()


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"no plain value: {value!r}")
