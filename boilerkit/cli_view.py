"""``view`` and ``annotate``: documents → HTML files for a person's eyes and labels."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from boilerkit.cli_documents import choose_kind, open_cleaner
from boilerkit.cli_input import STDIN, classify, kind_by_name, read_source
from boilerkit.cli_messages import complain, describe_error, warnings_as_lines
from boilerkit.cli_output import STDOUT, write_file, write_stdout
from boilerkit.errors import BoilerkitError, ConfigError
from boilerkit.explain import document_cut, explain_all
from boilerkit.labels import Label
from boilerkit.pipeline import Cleaner
from boilerkit.user_labels import LABELS_FILE, LineLabel, find_mismatches, read_labels
from boilerkit.view import Shown, doubt, render_annotator, render_index, render_view

__all__ = ["run_annotate", "run_view"]

_SHOWN_TERMS = 6
_INDEX = "index.html"


def run_view(arguments: Namespace) -> int:
    """Write the page of a FILE, or those of a DIR with their index; return 2 if one failed."""
    if arguments.path != STDIN and Path(arguments.path).is_dir():
        return _view_folder(arguments)
    shown, failed = _read_all(arguments, {_base_name(arguments.path): arguments.path})
    if shown:
        _write_page(arguments, render_view(shown[0]))
    return 2 if failed else 0


def run_annotate(arguments: Namespace) -> int:
    """Write one page on which the labels of a FILE or DIR can be changed; 2 if a FILE failed."""
    sources = _find_sources(arguments)
    labels = _earlier_labels(arguments)
    shown, failed = _read_all(arguments, sources, labels)
    if shown:
        shown.sort(key=lambda item: -doubt(item.document))
        _write_page(arguments, render_annotator(shown))
    return 2 if failed else 0


def _view_folder(arguments: Namespace) -> int:
    if arguments.out == STDOUT:
        raise ConfigError(f"{arguments.path} is a folder: give -o DIR for its pages")
    shown, failed = _read_all(arguments, _find_sources(arguments))
    if shown:
        _write_pages(Path(arguments.out), shown)
    return 2 if failed else 0


def _write_pages(out: Path, shown: Sequence[Shown]) -> None:
    """Write a page for each document, named after it, and their index."""
    for item in shown:
        page = out.joinpath(f"{item.name}.html")
        page.parent.mkdir(parents=True, exist_ok=True)
        write_file(page, render_view(item, index=f"{'../' * item.name.count('/')}{_INDEX}"))
    addresses = {item.name: quote(f"{item.name}.html") for item in shown}
    write_file(out / _INDEX, render_index(shown, addresses))


def _read_all(
    arguments: Namespace,
    sources: dict[str, str],
    labels: dict[str, dict[int, LineLabel]] | None = None,
) -> tuple[list[Shown], bool]:
    """Return the documents that could be read, and whether one could not."""
    cleaner = open_cleaner(arguments)
    shown = []
    failed = False
    for name, path in sources.items():
        try:
            with warnings_as_lines(path):
                shown.append(_read(arguments, cleaner, name, path, (labels or {}).get(name, {})))
        except (BoilerkitError, OSError) as error:
            complain(describe_error(error, path))
            failed = True
    return shown, failed


def _read(
    arguments: Namespace, cleaner: Cleaner, name: str, path: str, labels: dict[int, LineLabel]
) -> Shown:
    source = read_source(path, kind=choose_kind(arguments, path), charset=arguments.charset)
    document = classify(cleaner, source)
    explanations = explain_all(cleaner, source.text, source.kind)
    for message in find_mismatches(labels, [line.text for line in document.lines]):
        complain(f"{message}: label it again")
    return Shown(
        name,
        document,
        cut=document_cut(cleaner, document, source.kind),
        terms=[explanation.contributions[:_SHOWN_TERMS] for explanation in explanations],
        checked=_checked(labels, [line.text for line in document.lines]),
    )


def _checked(labels: dict[int, LineLabel], texts: list[str]) -> dict[int, Label]:
    """Return the labels, by line index, of the lines that still are what was labelled."""
    return {
        number - 1: label.label
        for number, label in labels.items()
        if not find_mismatches({number: label}, texts)
    }


def _find_sources(arguments: Namespace) -> dict[str, str]:
    """Return the path of each document by its name: relative to the folder, with ``/``.

    Raises ConfigError for a folder without documents.
    """
    path = Path(arguments.path)
    if arguments.path == STDIN or not path.is_dir():
        return {_base_name(arguments.path): arguments.path}
    sources = {
        found.relative_to(path).as_posix(): str(found) for found in _documents(path, arguments.out)
    }
    if not sources:
        raise ConfigError(f"no pages or texts in {path}: expected .html, .txt, .md or the like")
    return sources


def _documents(folder: Path, out: str) -> Iterator[Path]:
    """Yield pages and texts below a folder, without what an earlier run wrote there."""
    written = Path(out).resolve()
    for path in sorted(folder.rglob("*")):
        own = path.resolve()
        if path.is_file() and kind_by_name(path.name) and written not in (own, *own.parents):
            yield path


def _earlier_labels(arguments: Namespace) -> dict[str, dict[int, LineLabel]]:
    """Return the labels of the labels file beside the documents, if there is one."""
    if arguments.path == STDIN:
        return {}
    path = Path(arguments.path)
    file = (path if path.is_dir() else path.parent) / LABELS_FILE
    return read_labels(file) if file.is_file() else {}


def _base_name(path: str) -> str:
    return "stdin" if path == STDIN else PurePosixPath(Path(path).as_posix()).name


def _write_page(arguments: Namespace, page: str) -> None:
    if arguments.out == STDOUT:
        if sys.stdout.isatty():
            raise ConfigError("a terminal shows no page: give -o page.html and open that")
        write_stdout(page)
        return
    out = Path(arguments.out)
    if out.is_dir():
        raise ConfigError(f"{out} is a folder: name the page to write, such as {out / 'page.html'}")
    if arguments.path != STDIN and out.resolve() == Path(arguments.path).resolve():
        raise ConfigError(f"{out} is the input: choose another file for -o")
    out.parent.mkdir(parents=True, exist_ok=True)
    write_file(out, page)
