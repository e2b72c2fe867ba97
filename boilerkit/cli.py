"""The command: arguments in, exit code out. Documented in ``docs/command.md``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TypeAlias

from boilerkit import __version__
from boilerkit.cli_bench import run_bench
from boilerkit.cli_documents import LABEL_FORMATS, TEXT_FORMATS, run_documents
from boilerkit.cli_explain import run_explain
from boilerkit.cli_input import INPUTS, STDIN
from boilerkit.cli_messages import complain, describe_error, warnings_as_lines
from boilerkit.cli_output import STDOUT
from boilerkit.cli_run import run_run
from boilerkit.cli_train import DATA_VARIABLE, run_train
from boilerkit.cli_view import run_annotate, run_view
from boilerkit.config import OPERATING_POINTS
from boilerkit.errors import BoilerkitError
from boilerkit.labels import CHROME_LABELS
from boilerkit.writers import RESULT_FORMATS

__all__ = ["main"]

_FINE, _FAILED, _INTERRUPTED = 0, 2, 130
_EXIT_CODES = "exit codes: 0 fine, 2 wrong usage or a FILE that failed (the others are still done)"
_BENCH_EXIT_CODES = "exit codes: 0 fine, 1 below the floor, 2 wrong usage or files that do not fit"

# Name, what a FILE holds whose ending does not tell (None: look at it), formats, help.
_DOCUMENT_COMMANDS = (
    ("clean", "text", TEXT_FORMATS, "print extracted text without its chrome lines"),
    ("extract", "html", TEXT_FORMATS, "print the main content of web pages"),
    ("label", None, LABEL_FORMATS, "show every line with its label and score"),
)

_Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    argv: the arguments without the program's name (default: the process's own). ``--help``,
    ``--version`` and wrong arguments raise SystemExit, as argparse does.
    """
    arguments = _build_parser().parse_args(argv)
    try:
        with warnings_as_lines():
            code: int = arguments.run(arguments)
        return code
    except BrokenPipeError:
        return _FINE
    except KeyboardInterrupt:
        return _INTERRUPTED
    except (BoilerkitError, OSError) as error:
        complain(describe_error(error))
        return _FAILED


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="boilerkit",
        description="Remove boilerplate from web pages and from extracted text, line by line.",
        epilog=_EXIT_CODES,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"boilerkit {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _add_document_commands(commands)
    _add_explain(commands)
    _add_bench(commands)
    _add_run(commands)
    _add_view_commands(commands)
    _add_train(commands)
    return parser


def _add_document_commands(commands: _Subparsers) -> None:
    for name, own_kind, formats, help in _DOCUMENT_COMMANDS:
        parser = _add_command(commands, name, help)
        parser.add_argument(
            "files", nargs="+", metavar="FILE", help=f"a page or text, {STDIN} for standard input"
        )
        _add_input_options(parser)
        parser.add_argument("--url", metavar="URL", help="the page's address")
        _add_output_options(parser, formats)
        _add_label_options(parser)
        if name == "clean":
            parser.add_argument(
                "--split-sentences",
                action="store_true",
                help="cut chrome sentences off the start and the end of a text's long lines too",
            )
        parser.set_defaults(run=run_documents, own_kind=own_kind)


def _add_explain(commands: _Subparsers) -> None:
    parser = _add_command(commands, "explain", "show why one line got its label")
    parser.add_argument("file", metavar="FILE", help=f"a page or text, {STDIN} for standard input")
    parser.add_argument(
        "--line", type=int, required=True, metavar="N", help="the line's number, as label prints it"
    )
    _add_input_options(parser)
    _add_label_options(parser)
    parser.set_defaults(run=run_explain, own_kind=None)


def _add_bench(commands: _Subparsers) -> None:
    parser = _add_command(commands, "bench", "score your own labelled pages and texts")
    parser.epilog = _BENCH_EXIT_CODES
    parser.add_argument(
        "--pages",
        required=True,
        metavar="DIR",
        help="pages with their text (NAME.html, NAME.txt) or labels (NAME.json), texts with their"
        " labels (NAME.txt, NAME.labels.json); see docs/benchmark.md",
    )
    parser.add_argument(
        "--min-f1",
        type=float,
        default=0.0,
        metavar="F1",
        help="the floor of the mean word-bag F1, from 0 to 1 (default: none)",
    )
    _add_label_options(parser)
    parser.set_defaults(run=run_bench)


def _add_run(commands: _Subparsers) -> None:
    parser = _add_command(commands, "run", "clean folders, JSONL, Parquet and WARC files")
    parser.add_argument(
        "inputs", nargs="+", metavar="INPUT", help="a folder, or a file that its ending tells of"
    )
    parser.add_argument(
        "--out", required=True, metavar="DIR", help="the results' folder, new or of this same run"
    )
    parser.add_argument(
        "--format", choices=RESULT_FORMATS, default="jsonl", help="default: %(default)s"
    )
    parser.add_argument(
        "--input",
        choices=INPUTS,
        default="auto",
        help="what files and columns hold (default: auto, by their names; WARC tells itself)",
    )
    parser.add_argument("--column", metavar="NAME", help="the one to read (default: html or text)")
    parser.add_argument(
        "--write-column", default="text", metavar="NAME", help="default: %(default)s"
    )
    parser.add_argument(
        "--jobs", type=int, default=-1, metavar="N", help="processes (default: one a core)"
    )
    _add_label_options(parser)
    parser.set_defaults(run=run_run)


def _add_view_commands(commands: _Subparsers) -> None:
    for name, run, help in (
        ("view", run_view, "show the lines of a page or text as HTML, coloured by label"),
        ("annotate", run_annotate, "make an HTML page on which labels can be changed and saved"),
    ):
        parser = _add_command(commands, name, help)
        parser.add_argument(
            "path",
            metavar="FILE",
            help=f"a page or text, a folder of them, {STDIN} for standard input",
        )
        parser.add_argument(
            "-o",
            "--out",
            default=STDOUT,
            metavar="HTML",
            help=f"the file to write, for view of a folder the folder (default: {STDOUT}, standard"
            " output)",
        )
        _add_input_options(parser)
        _add_label_options(parser)
        parser.set_defaults(run=run, own_kind=None)


def _add_train(commands: _Subparsers) -> None:
    parser = _add_command(commands, "train", "rebuild or adapt a model (extra: train)")
    parser.add_argument("--data", metavar="DIR", help=f"the data (default: ${DATA_VARIABLE})")
    parser.add_argument(
        "--base",
        metavar="NAME_OR_FOLDER",
        help="adapt a model (default is the name of the packaged one) to the labels in --data",
    )
    parser.add_argument("--out", required=True, metavar="DIR", help="the model's folder")
    parser.add_argument(
        "--folds", type=int, metavar="N", help="keep the fold models; their number is fixed: 5"
    )
    parser.add_argument("--fold-cache", metavar="DIR", help="where to keep the fold models")
    parser.add_argument(
        "--jobs", type=int, default=2, metavar="N", help="models to fit at a time (default: 2)"
    )
    parser.add_argument(
        "--model-version", default="1.0.0", metavar="VERSION", help="default: %(default)s"
    )
    parser.set_defaults(run=run_train)


def _add_command(commands: _Subparsers, name: str, help: str) -> argparse.ArgumentParser:
    description = f"{help[0].upper()}{help[1:]}."
    return commands.add_parser(
        name, help=help, description=description, epilog=_EXIT_CODES, allow_abbrev=False
    )


def _add_input_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--input",
        choices=INPUTS,
        default="auto",
        help="what FILE holds (default: auto, by its ending, the command and its content)",
    )
    parser.add_argument("--charset", metavar="NAME", help="the character set declared for FILE")


def _add_output_options(parser: argparse.ArgumentParser, formats: Sequence[str]) -> None:
    parser.add_argument(
        "--format",
        choices=formats,
        default=formats[0],
        help=f"default: {formats[0]}; jsonl is one object a FILE",
    )
    parser.add_argument(
        "--out",
        default=STDOUT,
        metavar="DIR",
        help=f"write one file a FILE into this folder (default: {STDOUT}, standard output)",
    )


def _add_label_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--keep",
        action="append",
        default=[],
        metavar="LABEL",
        help=f"keep these lines too (repeatable): {', '.join(CHROME_LABELS)}",
    )
    parser.add_argument(
        "--drop",
        action="append",
        metavar="LABEL",
        help="drop no lines but these (repeatable; not with --keep)",
    )
    parser.add_argument(
        "--operating-point",
        default="balanced",
        metavar="NAME",
        help=f"{', '.join(OPERATING_POINTS)} (default: %(default)s)",
    )
    parser.add_argument(
        "--model",
        metavar="NAME_OR_FOLDER",
        help="a packaged model, a model folder or heuristic (default: the packaged model)",
    )
