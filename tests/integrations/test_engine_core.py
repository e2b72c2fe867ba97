"""The core that every engine runs: one record in, one answer out, whatever the record is."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from engines import CLEANED, PAGE, TEXT
from fresh_python import run_python
from required import require

from boilerkit import Cleaner, ConfigError, Label
from boilerkit.integrations.core import Cleaned, RecordCleaner

EXTRAS = {
    "arrow": ("pyarrow", "datasets"),
    "datatrove": ("datatrove", "datatrove"),
    "langchain": ("langchain_core", "langchain"),
    "scrapy": ("itemadapter", "scrapy"),
    "sklearn": ("sklearn", "sklearn"),
    "spark": ("pyspark", "spark"),
}


class TestRecordCleaner:
    @pytest.mark.parametrize("record", [PAGE, PAGE.encode()])
    def test_cleans_pages(self, toy: Cleaner, record: str | bytes) -> None:
        assert RecordCleaner("html", toy)(record).text == CLEANED

    def test_counts_lines_by_what_became_of_them(self, toy: Cleaner) -> None:
        dropped = {Label.DONATION: 1, Label.NAVIGATION: 1}
        assert RecordCleaner("text", toy)(TEXT) == Cleaned(CLEANED, None, 2, dropped)

    def test_an_empty_record_is_no_failed_one(self, toy: Cleaner) -> None:
        assert RecordCleaner("text", toy)("") == Cleaned("")
        assert RecordCleaner("html", toy)("") == Cleaned("")

    @pytest.mark.parametrize("record", [None, float("nan")])
    def test_a_missing_record_stays_missing(self, toy: Cleaner, record: object) -> None:
        assert RecordCleaner("text", toy)(record) == Cleaned(None, None)

    @pytest.mark.parametrize(("input", "record"), [("text", b"One"), ("html", 1.5)])
    def test_a_record_that_fails_has_its_reason(
        self, toy: Cleaner, input: str, record: object
    ) -> None:
        cleaned = RecordCleaner(input, toy)(record)
        assert cleaned.text is None
        assert cleaned.error == f"TypeError: {_message(toy, input, record)}"

    def test_survives_pickling(self, toy: Cleaner) -> None:
        clean = pickle.loads(pickle.dumps(RecordCleaner("text", toy)))
        assert clean(TEXT).text == CLEANED

    def test_uses_the_default_cleaner_where_none_is_given(self, shipped: Cleaner) -> None:
        assert RecordCleaner("text", None)(TEXT).text == shipped.clean(TEXT)

    def test_refuses_what_it_cannot_use(self, toy: Cleaner) -> None:
        with pytest.raises(ConfigError, match=r"'pdf'.*html, text"):
            RecordCleaner("pdf", toy)
        with pytest.raises(TypeError, match=r"cleaner.*str"):
            RecordCleaner("text", "boilerkit-1")  # type: ignore[arg-type]


def _message(cleaner: Cleaner, input: str, record: Any) -> str:
    with pytest.raises(TypeError) as caught:
        (cleaner.extract if input == "html" else cleaner.clean)(record)
    return str(caught.value)


class TestModules:
    def test_every_engine_is_tested_here(self, root: Path) -> None:
        files = (root / "boilerkit" / "integrations").glob("*.py")
        assert {file.stem for file in files} - {"__init__", "core"} == set(EXTRAS)

    @pytest.mark.parametrize("name", EXTRAS)
    def test_a_missing_engine_is_named_with_the_command_that_helps(self, name: str) -> None:
        package, extra = EXTRAS[name]
        program = (
            f"import sys; sys.modules[{package!r}] = None\n"
            "import boilerkit\n"
            "try:\n"
            f"    import boilerkit.integrations.{name}\n"
            "except boilerkit.MissingDependencyError as error:\n"
            "    print(error)\n"
        )
        done = run_python(program)
        assert package in done.stdout, done.stderr
        assert done.stdout.rstrip().endswith(f"pip install 'boilerkit[{extra}]'")

    def test_no_engine_comes_with_the_package(self) -> None:
        program = (
            "import sys, boilerkit.integrations.core\n"
            f"print(set({sorted(_packages())!r}) & set(sys.modules))"
        )
        assert run_python(program).stdout == "set()\n"


class TestRequire:
    def test_skips_what_is_missing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("BOILERKIT_ENGINES", raising=False)
        with pytest.raises(pytest.skip.Exception, match="no_engine"):
            require("no_engine")

    @pytest.mark.parametrize("name", ["no_engine", "no_engine.part"])
    def test_fails_for_what_must_be_there(self, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        monkeypatch.setenv("BOILERKIT_ENGINES", "json no_engine")
        with pytest.raises(ModuleNotFoundError, match="no_engine"):
            require(name)


def _packages() -> Iterator[str]:
    yield from (package for package, _ in EXTRAS.values())
    yield from ("ray", "datasets", "pandas")
