"""Which backend answers where something is missing, and how boilerkit says so.

The packages are hidden from a fresh Python here; test_install.py does without them for real.
"""

from __future__ import annotations

import shutil
import sys
import warnings
from pathlib import Path

import pytest
from fresh_python import PACKAGE, run_python
from toy_model import write_toy_model

import boilerkit
from boilerkit import BoilerkitWarning, Cleaner, MissingDependencyError

TEXT = "The ferry left the quay at noon with eleven passengers and a piano.\\nLog in"
HIDE = "import sys\nfor name in {names!r}: sys.modules[name] = None\n"
ANSWER = (
    "import warnings\n"
    "with warnings.catch_warnings(record=True) as caught:\n"
    "    warnings.simplefilter('always')\n"
    "    import boilerkit\n"
    f"    documents = [boilerkit.classify_text('{TEXT}') for _ in range(3)]\n"
    "    kinds = [str(w.category.__name__) for w in caught]\n"
    "    print(documents[0].backend, kinds, len(documents[0].lines))\n"
    "    print(*[str(w.message) for w in caught])\n"
)
EXTRACT = (
    "import boilerkit\n"
    "try:\n"
    "    print(boilerkit.Cleaner(model='heuristic').extract('<p>One'))\n"
    "except ImportError as error:\n"
    "    print(type(error).__name__, error)\n"
)


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package without training and without any model, to be taken apart."""
    folder = tmp_path_factory.mktemp("site")
    ignored = shutil.ignore_patterns("train", "__pycache__", "boilerkit-*")
    shutil.copytree(PACKAGE, folder / "boilerkit", ignore=ignored)
    (folder / "boilerkit" / "data").mkdir(exist_ok=True)
    return folder


def hidden(*names: str) -> str:
    return HIDE.format(names=names)


class TestWithoutNumpy:
    def test_the_heuristic_answers_and_one_warning_says_so(self) -> None:
        done = run_python(hidden("numpy") + ANSWER)
        answer, message = done.stdout.splitlines()
        assert answer == "heuristic ['BoilerkitWarning'] 2"
        assert "numpy" in message
        assert done.stderr == ""

    def test_so_it_does_where_numpy_is_there_but_broken(self, tmp_path: Path) -> None:
        broken = tmp_path / "numpy"
        broken.mkdir()
        (broken / "__init__.py").write_text("raise ImportError('built for another machine')")
        done = run_python(ANSWER, path=(tmp_path,))
        assert done.stdout.startswith("heuristic ['BoilerkitWarning'] 2"), done.stderr

    def test_what_else_cannot_be_imported_is_not_blamed_on_numpy(self, package: Path) -> None:
        context = package / "boilerkit" / "context.py"
        whole = context.read_text(encoding="utf-8")
        context.write_text("raise ImportError('cannot find the windows')")
        folder = write_toy_model(package / "boilerkit" / "data" / "boilerkit-1")
        done = run_python(ANSWER, path=(package,))
        assert done.stdout == ""
        assert done.stderr.endswith("ImportError: cannot find the windows\n")
        assert "numpy" not in done.stderr.splitlines()[-1]
        context.write_text(whole, encoding="utf-8")
        shutil.rmtree(folder)

    def test_a_named_model_does_not_fall_back(self, toy_folder: Path) -> None:
        program = (
            "import boilerkit\n"
            "try:\n"
            f"    boilerkit.Cleaner(model={str(toy_folder)!r})\n"
            "except boilerkit.MissingDependencyError as error:\n"
            "    print(error)\n"
        )
        done = run_python(hidden("numpy") + program)
        assert "pip install numpy" in done.stdout, done.stderr

    def test_the_heuristic_by_name_warns_of_nothing(self) -> None:
        program = ANSWER.replace("boilerkit.classify_text", "cleaner.classify_text").replace(
            "    documents", "    cleaner = boilerkit.Cleaner(model='heuristic')\n    documents"
        )
        assert run_python(hidden("numpy") + program).stdout.startswith("heuristic [] 2")


class TestWithoutLxml:
    def test_the_model_cleans_text_all_the_same(self, toy_folder: Path) -> None:
        program = f"import boilerkit\nprint(boilerkit.Cleaner(model={str(toy_folder)!r}).clean('a!!!\\nb'))"
        done = run_python(hidden("lxml") + program)
        assert done.stdout == "b\n", done.stderr

    def test_pages_are_refused_with_the_command_that_helps(self) -> None:
        done = run_python(hidden("lxml", "numpy") + EXTRACT)
        assert done.stdout.startswith("MissingDependencyError"), done.stderr
        assert "pip install lxml" in done.stdout

    def test_an_argument_of_a_wrong_type_is_still_a_type_error(self) -> None:
        program = EXTRACT.replace("'<p>One'", "3").replace("ImportError", "Exception")
        done = run_python(hidden("lxml", "numpy") + program)
        assert done.stdout.startswith(("TypeError", "MissingDependencyError")), done.stderr


class TestWithLxmlAlone:
    def test_pages_are_read_by_the_heuristic(self) -> None:
        done = run_python(hidden("numpy", "joblib", "charset_normalizer") + EXTRACT)
        assert done.returncode == 0, done.stderr
        assert "Error" not in done.stdout


class TestDefaultModel:
    def test_not_installed(self, package: Path) -> None:
        done = run_python(ANSWER, path=(package,))
        answer, message = done.stdout.splitlines()
        assert answer == "heuristic ['BoilerkitWarning'] 2"
        assert "boilerkit-1" in message

    def test_installed(self, package: Path) -> None:
        folder = write_toy_model(package / "boilerkit" / "data" / "boilerkit-1")
        assert run_python(ANSWER, path=(package,)).stdout.startswith("model [] 2")
        shutil.rmtree(folder)

    @pytest.mark.parametrize("damage", ["cut", "gone"])
    def test_damaged_does_not_fall_back(self, package: Path, damage: str) -> None:
        folder = write_toy_model(package / "boilerkit" / "data" / "boilerkit-1")
        weights = folder / "weights.npz"
        if damage == "cut":
            weights.write_bytes(weights.read_bytes()[:-1])
        else:
            weights.unlink()
        done = run_python(ANSWER, path=(package,))
        assert "ModelError" in done.stderr
        assert done.stdout == ""
        shutil.rmtree(folder)


class TestWarning:
    def test_every_cleaner_warns_once_at_the_line_that_made_it(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "numpy", None)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            for cleaner in (Cleaner(), Cleaner()):
                cleaner.clean("One")
                cleaner.clean("two")
        assert [warning.category for warning in caught] == [BoilerkitWarning] * 2
        assert {warning.filename for warning in caught} == {__file__}


def test_a_missing_package_is_an_import_error() -> None:
    assert issubclass(MissingDependencyError, ImportError)
    assert issubclass(MissingDependencyError, boilerkit.BoilerkitError)
