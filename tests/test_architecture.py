"""The data flows one way, heavy packages stay where they belong, and modules hold no state."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from fresh_python import PACKAGE, run_python

# A module imports only from modules above it: bytes → str → lines → features → scores → labels →
# text, then what is built on all of it. A new module takes its place here.
ORDER = """
errors cuts labels text_lines user_labels view records config metrics
decode rescue guard data_lines page_lines html_lines roles
wordlists sentences measures heuristic_rules heuristic_kinds heuristic
text_features lexicon context html_features page_types features network blocks markup model
decide mixed render layout markdown_text markdown backends site_profile batch pipeline __init__
column_words explain bench_files bench
inputs readers warc parquet writers run
integrations.__init__ integrations.core
integrations.arrow integrations.datatrove integrations.langchain
integrations.scrapy integrations.sklearn integrations.spark
train.__init__ train.sites train.align train.datasets train.labels train.corpus train.prepare
train.network train.fit
train.export train.fingerprint train.release
train.own_documents train.adapt train.adapt_release
cli_messages cli_input cli_output cli_table cli_documents cli_explain cli_bench cli_view cli_train
cli_progress cli_run cli __main__
""".split()

NUMPY_MODULES = set(
    "text_features lexicon context html_features page_types features network blocks model explain "
    "integrations.sklearn".split()
)
LXML_MODULES = {"html_lines"}
TRAINING_PACKAGES = {"sklearn", "scipy", "threadpoolctl", "tldextract"}
# Each engine and file format is imported by its own module alone.
ENGINES = {
    "parquet": {"pyarrow"},
    "integrations.arrow": {"pyarrow"},
    "integrations.datatrove": {"datatrove"},
    "integrations.langchain": {"langchain_core"},
    "integrations.scrapy": {"itemadapter"},
    "integrations.sklearn": {"sklearn"},
    "integrations.spark": {"pandas", "pyarrow", "pyspark"},
}
MUTATORS = set(
    "add append clear discard extend insert pop popitem remove reverse setdefault sort update".split()
)
# What the standard library gained after the oldest Python that is supported, 3.10.
NEWER_MODULES = {"importlib.resources.abc", "tomllib", "compression", "annotationlib"}
NEWER_NAMES = {
    "datetime": {"UTC"},
    "enum": {"StrEnum", "ReprEnum", "verify"},
    "itertools": {"batched"},
    "typing": {"Self", "Never", "LiteralString", "Unpack", "assert_never", "override"},
    "warnings": {"deprecated"},
}
CONSTANT = re.compile(r"_?[A-Z][A-Z0-9_]*|__[a-z]+__")
TYPE_NAME = re.compile(r"_?[A-Z][A-Za-z0-9]*")


@cache
def tree_of(name: str) -> ast.Module:
    path = PACKAGE.joinpath(*name.split(".")).with_suffix(".py")
    return ast.parse(path.read_text(encoding="utf-8"))


def modules() -> list[str]:
    return sorted(
        ".".join(path.relative_to(PACKAGE).with_suffix("").parts) for path in PACKAGE.rglob("*.py")
    )


def is_typing_block(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def imports(node: ast.AST) -> Iterator[str]:
    """Yield the full names of all modules imported below a node, typing blocks left out."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, "imports are absolute"
            yield child.module or ""
        elif not is_typing_block(child):
            yield from imports(child)


def own_imports(name: str) -> Iterator[str]:
    """Yield the modules of boilerkit that a module imports anywhere, as they stand in ORDER."""
    for node in ast.walk(tree_of(name)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("boilerkit"):
            yield (node.module or "").removeprefix("boilerkit").removeprefix(".") or "__init__"
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "boilerkit":
                    yield alias.name.removeprefix("boilerkit").removeprefix(".") or "__init__"


class TestImports:
    def test_every_module_has_its_place(self) -> None:
        assert sorted(ORDER) == modules()

    @pytest.mark.parametrize("name", modules())
    def test_go_one_way(self, name: str) -> None:
        below = [other for other in own_imports(name) if ORDER.index(other) >= ORDER.index(name)]
        assert below == []

    @pytest.mark.parametrize("name", modules())
    def test_packages_stay_where_they_belong(self, name: str) -> None:
        packages = {module.split(".")[0] for module in imports(tree_of(name))}
        if name.startswith("train."):
            return
        foreign = TRAINING_PACKAGES.union(*ENGINES.values()) - ENGINES.get(name, set())
        assert not packages & foreign
        assert "lxml" not in packages or name in LXML_MODULES
        assert "numpy" not in packages or name in NUMPY_MODULES

    def test_inference_never_imports_training(self) -> None:
        importers = {
            name
            for name in modules()
            if not name.startswith("train.")
            and any(other.startswith("train") for other in own_imports(name))
        }
        assert importers <= {"cli_train"}

    def test_importing_boilerkit_loads_no_heavy_package(self) -> None:
        program = (
            "import sys\nbefore = set(sys.modules)\nimport boilerkit\n"
            "print(sorted({name.split('.')[0] for name in set(sys.modules) - before}))"
        )
        loaded = set(ast.literal_eval(run_python(program).stdout))
        heavy = {"numpy", "lxml", "joblib", "charset_normalizer", "html", "asyncio"}
        # each takes milliseconds, and none is needed before the first call
        heavy |= {"concurrent", "hashlib", "logging", "pathlib", "tempfile", "urllib"}
        assert "boilerkit" in loaded
        assert not loaded & (heavy | TRAINING_PACKAGES)

    def test_cleaning_text_loads_no_parser_for_pages(self, toy_folder: Path) -> None:
        program = (
            "import sys, boilerkit\n"
            f"boilerkit.Cleaner(model={str(toy_folder)!r}).clean('One')\n"
            "print('lxml' in sys.modules)"
        )
        assert run_python(program).stdout == "False\n"


class TestOldestPython:
    @pytest.mark.parametrize("name", modules())
    def test_nothing_newer_is_imported(self, name: str) -> None:
        tree = tree_of(name)
        assert not set(imports(tree)) & NEWER_MODULES
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                taken = {alias.name for alias in node.names}
                assert not taken & NEWER_NAMES.get(node.module or "", set())


class TestSilence:
    @pytest.mark.parametrize("name", [name for name in modules() if not name.startswith("cli")])
    def test_nothing_prints_or_logs(self, name: str) -> None:
        tree = tree_of(name)
        assert "logging" not in set(imports(tree))
        for node in ast.walk(tree):
            assert not (isinstance(node, ast.Name) and node.id == "print"), ast.unparse(node)
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "sys":
                assert node.attr not in ("stdout", "stderr")


def module_names(tree: ast.Module) -> set[str]:
    """Return the names that a module assigns at its top level."""
    names = set()
    for statement in tree.body:
        for node in ast.walk(statement):
            if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
                break
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
    return names


def comprehension_names(tree: ast.Module) -> set[str]:
    """Return the loop variables of comprehensions, which are local to them."""
    return {
        name.id
        for node in ast.walk(tree)
        if isinstance(node, ast.comprehension)
        for name in ast.walk(node.target)
        if isinstance(name, ast.Name)
    }


def root_name(node: ast.expr) -> str | None:
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def local_names(function: ast.FunctionDef) -> set[str]:
    arguments = {argument.arg for argument in ast.walk(function) if isinstance(argument, ast.arg)}
    stored = {
        node.id
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    return arguments | stored


def changed_names(function: ast.FunctionDef) -> Iterator[str]:
    """Yield the names whose objects a function changes in place."""
    for node in ast.walk(function):
        if isinstance(node, (ast.Attribute, ast.Subscript)) and not isinstance(node.ctx, ast.Load):
            yield root_name(node) or ""
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in MUTATORS:
                yield root_name(node.func.value) or ""


class TestState:
    @pytest.mark.parametrize("name", modules())
    def test_what_a_module_holds_is_a_constant_or_a_type(self, name: str) -> None:
        tree = tree_of(name)
        loop_names = {
            node.id
            for statement in tree.body
            if isinstance(statement, ast.For)
            for node in ast.walk(statement)
            if isinstance(node, ast.Name)
        }
        assert not loop_names, "importing does no work"
        for found in module_names(tree) - comprehension_names(tree):
            assert CONSTANT.fullmatch(found) or TYPE_NAME.fullmatch(found), found

    @pytest.mark.parametrize("name", modules())
    def test_no_function_changes_what_a_module_holds(self, name: str) -> None:
        tree = tree_of(name)
        held = module_names(tree)
        for function in ast.walk(tree):
            assert not isinstance(function, ast.Global)
            if isinstance(function, ast.FunctionDef):
                changed = set(changed_names(function)) & (held - local_names(function))
                assert changed == set(), function.name

    @pytest.mark.parametrize("name", modules())
    def test_caches_are_bounded(self, name: str) -> None:
        for function in ast.walk(tree_of(name)):
            if not isinstance(function, ast.FunctionDef):
                continue
            for decorator in map(ast.unparse, function.decorator_list):
                if "cache" in decorator and "cached_property" not in decorator:
                    assert re.fullmatch(r"(functools\.)?lru_cache\(maxsize=\d+\)", decorator)


class TestSize:
    @pytest.mark.parametrize("name", modules())
    def test_functions_are_short(self, name: str) -> None:
        for function in ast.walk(tree_of(name)):
            if isinstance(function, ast.FunctionDef):
                body = function.body
                documented = ast.get_docstring(function) is not None
                code = body[1:] if documented else body
                lines = (code[-1].end_lineno or 0) - code[0].lineno + 1 if code else 0
                assert lines <= 40, function.name
