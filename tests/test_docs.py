"""The documentation is true: every code block runs, every figure comes from the benchmark.

Blocks of ``python`` run page by page in one namespace, with ``>>>`` as doctests; ``sh`` runs as it
stands; ``console`` shows commands after ``$`` and what they print, where ``...`` stands for anything;
``json`` is JSON. All of it runs in a folder with the examples, `pip` and `venv` being stand-ins that
install nothing but refuse an extra that there is not. ``text`` shows no code.
"""

from __future__ import annotations

import doctest
import importlib
import inspect
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from archives import page, warc_record, write_jsonl
from fresh_python import PACKAGE
from lxml.html import document_fromstring

import boilerkit
from benchmarks.__main__ import _parser as benchmarks_parser
from boilerkit.cli import _build_parser as boilerkit_parser

ROOT = Path(__file__).resolve().parents[1]
SITE = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")
OTHERS = ("models/CHANGELOG.md", "benchmarks/corpus/README.md")
PAGES = [*(ROOT / name for name in (*SITE, *OTHERS)), *sorted(ROOT.glob("docs/*.md"))]
LANGUAGES = {"python", "sh", "console", "json", "text"}

# Blocks that do not run, by page and a pattern that only they match, each with its reason. Their
# commands are parsed, their Python is compiled.
NOT_RUN = {
    ("README.md", r"-m pytest"): "runs this test",
    ("CONTRIBUTING.md", r"-m pytest"): "runs this test",
    ("docs/batches.md", r"parallel_config\(backend="): (
        "needs a cluster; tests/test_batch.py runs another backend"
    ),
    ("docs/benchmark.md", r"-m benchmarks run --data DIR$"): "needs the data sets, and an hour",
    ("docs/benchmark.md", r"-m benchmarks run .* --python"): "as above, and another Python",
    ("docs/benchmark.md", r"-m benchmarks gate"): "changes the pinned floors",
    ("docs/languages.md", r"-m benchmarks gate"): "the same",
    ("docs/datasets.md", r"boilerkit train"): "needs the data sets, and hours",
}
# Pages whose Python another test runs, block by block.
RUN_ELSEWHERE = {"docs/engines.md": "tests/integrations/test_engine_docs.py"}
# What a page's Python has at hand that it does not say.
GIVEN = {
    "docs/batches.md": "pages = ['<p>One', b'<p>Two']; save = report = print",
}
# A page's commands need these packages.
NEEDS = {
    "README.md": ["fastwarc", "pyarrow", "zstandard"],
    "docs/adapt.md": ["sklearn"],
    "docs/batches.md": ["fastwarc", "pyarrow"],
}


@dataclass(frozen=True)
class Block:
    """A fenced block: its page, the number of its first line there, its language and text."""

    page: str
    line: int
    language: str
    text: str

    @property
    def runs(self) -> bool:
        return not any(self.matches(*key) for key in NOT_RUN)

    def matches(self, page: str, pattern: str) -> bool:
        return self.page == page and re.search(pattern, self.text, re.M) is not None

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks_of(path: Path) -> Iterator[Block]:
    text = path.read_text(encoding="utf-8")
    name = path.relative_to(ROOT).as_posix()
    for match in re.finditer(r"^( *)```(\S*)\n(.*?)^\1```$", text, re.M | re.S):
        lines = [line.removeprefix(match[1]) for line in match[3].split("\n")]
        yield Block(name, text.count("\n", 0, match.start()) + 2, match[2], "\n".join(lines))


BLOCKS = [block for path in PAGES for block in blocks_of(path)]
RUN = [block for block in BLOCKS if block.runs]


def named(found: list[Block]) -> list[object]:
    return [pytest.param(block, id=str(block)) for block in found]


# --- where the blocks run -----------------------------------------------------------------------

# Takes the place of pip: an extra that pyproject.toml does not have fails.
FAKE_PIP = """#!/bin/sh
for word; do
  case $word in *boilerkit*\\[*|.\\[*)
    for extra in $(printf %s "$word" | sed 's/.*\\[//; s/\\].*//; s/,/ /g'); do
      grep -q "^$extra = \\[" '{project}' || {{ echo "no extra $extra" >&2; exit 1; }}
    done
  esac
done
"""
# Takes the place of Python where it installs or makes an environment; the benchmark would write into
# the checkout.
FAKE_PYTHON = """#!/bin/sh
case "$1 $2" in
  "-m pip") shift 2; exec '{bin}/pip' "$@" ;;
  "-m benchmarks") echo "name this block in NOT_RUN" >&2; exit 1 ;;
  "-m venv") mkdir -p "$3/bin"; ln -sf '{bin}'/* "$3/bin/"; : > "$3/bin/activate" ;;
  *) exec '{python}' "$@" ;;
esac
"""
# What it would fetch is there.
FAKE_WGET = "#!/bin/sh\n"
FAKE_BOILERKIT = "#!/bin/sh\nexec '{python}' -m boilerkit \"$@\"\n"


@pytest.fixture
def workshop(tmp_path: Path) -> Path:
    """A folder with the files that the pages speak of, and stand-ins for what installs."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    shutil.copy(ROOT / "examples" / "page.html", tmp_path / "page.html")
    shutil.copy(ROOT / "examples" / "live-blog.txt", tmp_path / "text.txt")
    (tmp_path / "pages").mkdir()
    for found in sorted(ROOT.glob("benchmarks/corpus/pages/en-article-*"))[:6]:
        shutil.copy(found, tmp_path / "pages" / found.name)
    (tmp_path / "DIR").symlink_to("pages")
    bin = tmp_path / "bin"
    bin.mkdir()
    values = {"bin": bin, "python": sys.executable, "project": ROOT / "pyproject.toml"}
    tools = {"pip": FAKE_PIP, "boilerkit": FAKE_BOILERKIT, "wget": FAKE_WGET}
    for name, script in {**tools, "python": FAKE_PYTHON, "python3": FAKE_PYTHON}.items():
        (bin / name).write_text(script.format(**values), encoding="utf-8")
        (bin / name).chmod(0o755)
    return tmp_path


def put_records(workshop: Path) -> None:
    """Write the crawl that the pages speak of; needs zstandard."""
    records = [warc_record(number, page(number).encode()) for number in range(3)]
    (workshop / "crawl.warc.gz").write_bytes(b"".join(records))
    write_jsonl(workshop / "pages.jsonl.zst", [{"id": 1, "html": page(4)}])


def run(command: list[str], workshop: Path) -> subprocess.CompletedProcess[str]:
    settings = {
        "PATH": f"{workshop / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join([str(PACKAGE.parent), str(ROOT)]),
        "PYTHONUTF8": "1",
        "COLUMNS": "80",
        "NO_COLOR": "1",
    }
    return subprocess.run(
        command,
        cwd=workshop,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        timeout=300,
        check=False,
    )


def need(name: str) -> None:
    """Skip where a package of an extra is missing, unless CI says that it must be there."""
    for package in NEEDS.get(name, []):
        if package not in os.environ.get("BOILERKIT_ENGINES", "").split():
            pytest.importorskip(package)


# --- the blocks ---------------------------------------------------------------------------------


class TestBlocks:
    def test_there_are_some(self) -> None:
        assert len(BLOCKS) > 40

    @pytest.mark.parametrize("block", named(BLOCKS))
    def test_says_what_it_holds(self, block: Block) -> None:
        assert block.language in LANGUAGES

    def test_every_fence_belongs_to_a_block(self) -> None:
        for path in PAGES:
            fences = re.findall(r"^ *```", path.read_text(encoding="utf-8"), re.M)
            assert len(fences) == 2 * len(list(blocks_of(path))), path.name

    def test_those_that_do_not_run_are_there_and_few(self) -> None:
        assert len(NOT_RUN) <= 8
        for key in NOT_RUN:
            assert sum(block.matches(*key) for block in BLOCKS) == 1, key

    def test_what_runs_elsewhere_does(self) -> None:
        for name, module in RUN_ELSEWHERE.items():
            assert f'"{Path(name).name}"' in (ROOT / module).read_text(encoding="utf-8")

    @pytest.mark.parametrize("block", named([b for b in BLOCKS if b.language == "json"]))
    def test_json_is_json(self, block: Block) -> None:
        try:
            assert json.loads(block.text)
        except json.JSONDecodeError:
            assert all(json.loads(line) for line in block.text.strip().split("\n"))

    @pytest.mark.slow
    @pytest.mark.parametrize("block", named([b for b in RUN if b.language == "sh"]))
    def test_sh_runs(self, block: Block, workshop: Path) -> None:
        need(block.page)
        if "crawl.warc" in block.text:
            put_records(workshop)
        if "models/almanac" in block.text and "train" not in block.text:
            shutil.copytree(PACKAGE / "data" / "boilerkit-1", workshop / "models" / "almanac")
        done = run(["sh", "-eu", "-c", block.text], workshop)
        assert done.returncode == 0, done.stderr

    @pytest.mark.parametrize("block", named([b for b in RUN if b.language == "console"]))
    def test_console_prints_what_it_shows(self, block: Block, workshop: Path) -> None:
        for command, shown in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block.text, re.M):
            done = run(["sh", "-eu", "-c", command], workshop)
            assert done.returncode == 0, done.stderr
            assert is_shown(shown, done.stdout), f"{shown}\n---\n{done.stdout}"

    @pytest.mark.slow
    @pytest.mark.parametrize(
        "name",
        sorted({block.page for block in RUN if block.language == "python"} - RUN_ELSEWHERE.keys()),
    )
    def test_python_runs(self, name: str, workshop: Path) -> None:
        blocks = [block for block in RUN if block.page == name and block.language == "python"]
        script = workshop / "page.py"
        script.write_text(_as_script(name, blocks), encoding="utf-8")
        done = run([sys.executable, str(script)], workshop)
        assert done.returncode == 0, done.stdout + done.stderr

    @pytest.mark.parametrize("block", named([b for b in BLOCKS if not b.runs]))
    def test_what_does_not_run_is_at_least_well_formed(self, block: Block) -> None:
        if block.language == "python":
            compile(block.text, str(block), "exec")
        for command in re.split(r"&&|\n", block.text.replace("\\\n", " ")):
            words = shlex.split(command, comments=True)
            if words[:1] == ["boilerkit"]:
                boilerkit_parser().parse_args(words[1:])
            elif words[1:3] == ["-m", "benchmarks"]:
                benchmarks_parser().parse_args(words[3:])


def _as_script(name: str, blocks: list[Block]) -> str:
    """Return the page's blocks as one program; errors name the page's own lines."""
    head = f"import doctest\nspace = {{'__name__': 'page'}}\nexec({GIVEN.get(name, '')!r}, space)\n"
    parts = []
    for block in blocks:
        if ">>>" in block.text:
            parts.append(
                f"test = doctest.DocTestParser().get_doctest({block.text!r}, space, {name!r},"
                f" {name!r}, {block.line})\n"
                "runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS"
                " | doctest.NORMALIZE_WHITESPACE)\n"
                "assert runner.run(test, clear_globs=False).failed == 0\n"
            )
        else:
            padded = "\n" * (block.line - 1) + block.text
            parts.append(f"exec(compile({padded!r}, {name!r}, 'exec'), space)\n")
    program = head + "".join(parts)
    # worker processes import the script anew
    return "if __name__ == '__main__':\n" + "".join(
        f"    {line}\n" for line in program.splitlines()
    )


def is_shown(shown: str, printed: str) -> bool:
    """Whether what is shown is what was printed, ``...`` standing for anything."""
    return doctest.OutputChecker().check_output(
        shown, printed, doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    )


class TestIsShown:
    def test_dots_stand_for_anything(self) -> None:
        assert is_shown("a ...\nd\n", "a b c\nd\n")

    def test_other_words_do_not_pass(self) -> None:
        assert not is_shown("a ...\ne\n", "a b c\nd\n")


DOCTESTS = [path for path in PACKAGE.rglob("*.py") if ">>> " in path.read_text(encoding="utf-8")]


@pytest.mark.parametrize("path", DOCTESTS, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_docstrings_show_what_happens(path: Path) -> None:
    if path.name == "arrow.py":
        pytest.importorskip("pyarrow")
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    module = importlib.import_module(".".join(part for part in parts if part != "__init__"))
    result = doctest.testmod(module, optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    assert result.attempted
    assert not result.failed


# --- figures ------------------------------------------------------------------------------------

# What reads like a measured figure: a share, a percentage, a time, a rate, a number of thousands.
FIGURE = re.compile(
    r"(?<![\w.])[01]\.\d+(?![\w.])|\d+(?:\.\d+)? ?%|\d+(?:\.\d+)? ?(?:ms|milliseconds|[kMG]?B/s)\b"
    r"|\d+(?:\.\d+)? (?:times|pages a second|documents a second)|\b\d{1,3}(?:,\d{3})+\b|[+-]\d\.\d+"
)
# Settings and definitions, no measurements; each is true by the code.
SETTINGS = {
    "CHANGELOG.md": {"125,000", "100,000"},  # lines of a document, characters read of a line
    "docs/algorithm.md": {"131,072", "100,000", "20,000"},  # buckets, letters of a line, of a page
    "docs/limits.md": {"125,000", "100,000", "50,000"},  # the same limits, and half of the latter
    "docs/operating-points.md": {"30,000"},  # sentences, a quarter as many as lines
    "docs/benchmark.md": {"95 %", "15 %", "0.03"},  # ranges, margin of --pin, a target
    "docs/command.md": {"1,024", "75 %", "1,000", "0.9"},  # bytes looked at, unsure, lines shown
    "docs/adapt.md": {"95 %"},  # range of the gain
}
GENERATED = re.compile(r"<!-- figures: .*?<!-- end of figures -->", re.S)


def prose(path: Path) -> str:
    """Return a page without its code and its generated parts."""
    text = GENERATED.sub("", path.read_text(encoding="utf-8"))
    text = re.sub(r"^( *)```.*?^\1```$", "", text, flags=re.M | re.S)
    return re.sub(r"`[^`\n]*`|\]\([^)]*\)|<svg.*?</svg>", "", text)


class TestFigures:
    @pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
    def test_no_page_states_one_that_the_benchmark_did_not_write(self, path: Path) -> None:
        name = path.relative_to(ROOT).as_posix()
        results = (ROOT / "benchmarks" / "RESULTS.md").read_text(encoding="utf-8")
        written = set(FIGURE.findall(results)) | SETTINGS.get(name, set())
        assert set(FIGURE.findall(prose(path))) <= written

    def test_what_looks_like_a_figure_is_found(self) -> None:
        said = "F1 of 0.8710, 79 % of them, 4.2 ms a page, 12 MB/s, 38,132 lines, 3 times, +0.03"
        assert len(FIGURE.findall(said)) == 7

    def test_versions_and_code_are_none(self, tmp_path: Path) -> None:
        (tmp_path / "page.md").write_text("Python 3.10.1, `0.5`\n\n```sh\necho 0.5\n```\n")
        assert not FIGURE.findall(prose(tmp_path / "page.md"))


# --- links --------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text(encoding="utf-8")):
        assert ":" in target or (path.parent / target).exists(), target


# --- the site -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as CI builds it: a warning is an error."""
    for package in ("material", "mkdocstrings"):
        if "mkdocs" in os.environ.get("BOILERKIT_ENGINES", "").split():
            importlib.import_module(package)
        pytest.importorskip(package)
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


def text_of(path: Path) -> str:
    """Return the visible text of a page's main part, white space folded."""
    main = document_fromstring(path.read_bytes()).find(".//article")
    assert main is not None
    return " ".join(main.text_content().split())


class TestSite:
    def test_every_page_is_in_it(self, site: Path) -> None:
        for path in ROOT.glob("docs/*.md"):
            assert site.joinpath(f"{path.stem}.html").is_file(), path.name
        for name in ("changelog", "contributing", "security", "results", "model-card", "models"):
            assert site.joinpath(f"{name}.html").is_file(), name

    def test_the_api_has_every_public_name_with_its_docstring(self, site: Path) -> None:
        api = text_of(site / "api.html")
        for name in boilerkit.__all__:
            if name != "__version__":
                summary = inspect.cleandoc(getattr(boilerkit, name).__doc__).split("\n")[0]
                assert name in api, name
                assert plain(summary) in plain(api), name

    def test_the_model_card_is_the_card(self, site: Path) -> None:
        card = json.loads((ROOT / "models" / "boilerkit-1" / "card.json").read_text("utf-8"))
        shown = text_of(site / "model-card.html")
        for value in leaves(card):
            assert " ".join(str(value).split()) in shown, value

    def test_known_failures_are_those_of_the_tests(self, site: Path) -> None:
        failures = json.loads((ROOT / "tests" / "cases" / "known_failures.json").read_text("utf-8"))
        shown = text_of(site / "limits.html")
        assert all(name in shown for name in failures)
        assert f"{len(failures)} of the " in shown

    def test_figures_are_those_of_the_results(self, site: Path) -> None:
        results = (ROOT / "benchmarks" / "RESULTS.md").read_text(encoding="utf-8")
        in_short = results.partition("## In short")[2].partition("\n## ")[0]
        figures = FIGURE.findall(in_short)
        assert figures
        for name in ("results", "benchmark"):
            shown = text_of(site / f"{name}.html")
            assert all(figure in shown for figure in figures), name

    def test_nothing_comes_from_elsewhere(self, site: Path) -> None:
        for path in site.rglob("*.html"):
            loaded = document_fromstring(path.read_bytes()).xpath(
                "//script/@src | //link[@rel='stylesheet' or @rel='preconnect']/@href | //img/@src"
            )
            assert not [address for address in loaded if "//" in address], path.name


def leaves(value: object) -> Iterator[object]:
    """Yield the values in nested dicts and lists that are neither."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from leaves(item)
    else:
        yield value


def plain(text: str) -> str:
    """Return the words, without the marks around them."""
    return " ".join(re.findall(r"\w+", re.sub(r":\w+:`", "`", text)))
