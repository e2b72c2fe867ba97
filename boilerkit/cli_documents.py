"""``clean``, ``extract`` and ``label``: each FILE → a document → one of the formats."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

from boilerkit.cli_input import Source, classify, kind_by_name, read_source
from boilerkit.cli_messages import complain, describe_error, warnings_as_lines
from boilerkit.cli_output import STDOUT, Folder, open_folder, screen, write_stdout
from boilerkit.cli_table import render_table, render_tsv
from boilerkit.config import CleanConfig
from boilerkit.errors import BoilerkitError, ConfigError
from boilerkit.pipeline import Cleaner
from boilerkit.records import FORMATS, Document

__all__ = ["LABEL_FORMATS", "TEXT_FORMATS", "choose_kind", "open_cleaner", "run_documents"]

TEXT_FORMATS = (*FORMATS, "jsonl")
LABEL_FORMATS = ("table", "jsonl", "json", "tsv")

_ENDINGS = {
    "text": None,
    "markdown": ".md",
    "markdown+links": ".md",
    "table": ".txt",
    "jsonl": ".jsonl",
    "json": ".json",
    "tsv": ".tsv",
}

Renderer = Callable[[Source, Document], str]


def run_documents(arguments: Namespace) -> int:
    """Write the result of every FILE; return 2 if one failed, else 0."""
    folder = _check_output(arguments)
    render = _choose_renderer(arguments, to_stdout=folder is None)
    cleaner = open_cleaner(arguments)
    failed = False
    for name in arguments.files:
        try:
            with warnings_as_lines(name):
                source = read_source(
                    name, kind=choose_kind(arguments, name), charset=arguments.charset
                )
                result = render(source, classify(cleaner, source, url=arguments.url))
                if folder is not None:
                    folder.write(name, result)
        except (BoilerkitError, OSError) as error:
            complain(describe_error(error, name))
            failed = True
            continue
        if folder is None:
            write_stdout(result)
    return 2 if failed else 0


def open_cleaner(arguments: Namespace) -> Cleaner:
    """Return the cleaner that the options ask for; raise ConfigError or ModelError."""
    config = CleanConfig(
        keep=arguments.keep,
        drop=arguments.drop,
        operating_point=arguments.operating_point,
        split_sentences=getattr(arguments, "split_sentences", False),  # an option of clean alone
    )
    with warnings_as_lines():
        return Cleaner(config=config, model=arguments.model)


def choose_kind(arguments: Namespace, name: str) -> str | None:
    """Return ``html`` or ``text`` for a FILE, None to look at its content.

    ``--input`` decides; with ``auto`` the file's ending; else the command's own kind, if any.
    """
    if arguments.input != "auto":
        return str(arguments.input)
    kind: str | None = kind_by_name(name) or arguments.own_kind
    return kind


def _check_output(arguments: Namespace) -> Folder | None:
    """Return the folder for results, None for standard output."""
    files, out = arguments.files, arguments.out
    if len(files) > 1 and arguments.url is not None:
        raise ConfigError("--url is the address of one page: give one FILE with it")
    if out != STDOUT:
        return open_folder(Path(out), files, _ENDINGS[arguments.format])
    if len(files) > 1 and arguments.format != "jsonl":
        raise ConfigError("several FILEs need --out DIR or --format jsonl")
    return None


def _choose_renderer(arguments: Namespace, *, to_stdout: bool) -> Renderer:
    if arguments.format == "table":
        shown = screen(to_stdout=to_stdout)
        return lambda _, document: render_table(document, width=shown.width, colour=shown.colour)
    if arguments.format == "tsv":
        return lambda _, document: render_tsv(document)
    if arguments.format in FORMATS:
        return lambda source, document: _render_text(source, document, arguments.format)
    with_lines = arguments.command == "label"
    indent = 2 if arguments.format == "json" else None
    return lambda source, document: _render_json(source, document, with_lines, indent)


def _render_text(source: Source, document: Document, format: str) -> str:
    """Return the document's text; a page's ends in a line break, a text's as the text itself."""
    text = document.render(format)
    return f"{text}\n" if text and source.kind == "html" else text


def _render_json(source: Source, document: Document, with_lines: bool, indent: int | None) -> str:
    record: dict[str, Any] = {"file": source.name, **document.to_dict()}
    if not with_lines:
        del record["lines"]
    return json.dumps(record, ensure_ascii=False, indent=indent) + "\n"
