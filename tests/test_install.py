"""The package as users install it: wheel, sdist, editable; with all dependencies, one, or none."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import threading
import venv
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import boilerkit

pytestmark = pytest.mark.slow

SCRIPTS = "Scripts" if os.name == "nt" else "bin"
TRAINING_PACKAGES = {"scikit-learn", "scipy", "threadpoolctl", "tldextract"}
TEXT = "The ferry left the quay at noon with eleven passengers and a piano on deck.\n"
CAUGHT = (
    "import warnings\n"
    "with warnings.catch_warnings(record=True) as caught:\n"
    "    warnings.simplefilter('always')\n"
    "    import boilerkit\n"
    "    {}\n"
    "print(answer, [warning.category.__name__ for warning in caught])\n"
)


@dataclass(frozen=True)
class Environment:
    """A virtual environment of its own, outside of any checkout."""

    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / SCRIPTS / "python"

    def pip(self, *arguments: str | Path) -> None:
        """Run this machine's pip on the environment, which has none of its own."""
        command = [sys.executable, "-m", "pip", "--python", self.python, *arguments, "--quiet"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def run(
        self, command: Sequence[str | Path], text: str = ""
    ) -> subprocess.CompletedProcess[str]:
        settings = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        return subprocess.run(
            command,
            input=text,
            capture_output=True,
            text=True,
            encoding="utf-8",
            cwd=self.folder,
            env={**settings, "PYTHONUTF8": "1"},
            check=False,
        )

    def run_python(self, program: str) -> str:
        done = self.run([self.python, "-c", program])
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def boilerkit(self, *arguments: str | Path, text: str = "") -> subprocess.CompletedProcess[str]:
        return self.run([self.folder / SCRIPTS / "boilerkit", *arguments], text)

    def packages(self) -> set[str]:
        program = (
            "import importlib.metadata as metadata\n"
            "print(*sorted(found.metadata['Name'].lower() for found in metadata.distributions()))"
        )
        return set(self.run_python(program).split())


def make_environment(folder: Path) -> Environment:
    venv.create(folder, with_pip=False)
    return Environment(folder)


@dataclass(frozen=True)
class Distributions:
    wheel: Path
    sdist: Path


@pytest.fixture(scope="module")
def built(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Distributions:
    """A wheel and an sdist, built by the build backend that pyproject.toml names."""
    builder = make_environment(tmp_path_factory.mktemp("builder"))
    builder.pip("install", "hatchling")
    out = tmp_path_factory.mktemp("dist")
    done = subprocess.run(
        [builder.python, "-m", "hatchling", "build", "-d", out],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = out.glob("*.whl")
    (sdist,) = out.glob("*.tar.gz")
    return Distributions(wheel, sdist)


@pytest.fixture(scope="module")
def bare(built: Distributions, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Nothing but Python and boilerkit."""
    environment = make_environment(tmp_path_factory.mktemp("bare"))
    environment.pip("install", "--no-deps", built.wheel)
    return environment


@pytest.fixture(scope="module")
def with_lxml(built: Distributions, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """boilerkit and lxml alone."""
    environment = make_environment(tmp_path_factory.mktemp("lxml"))
    environment.pip("install", "--no-deps", built.wheel)
    environment.pip("install", "lxml")
    return environment


@pytest.fixture(scope="module")
def full(built: Distributions, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """boilerkit with its dependencies, as `pip install boilerkit` leaves it."""
    environment = make_environment(tmp_path_factory.mktemp("full"))
    environment.pip("install", built.wheel)
    return environment


class TestContents:
    def test_the_wheel_holds_the_package_the_model_and_the_word_lists(
        self, built: Distributions
    ) -> None:
        names = set(zipfile.ZipFile(built.wheel).namelist())
        assert {
            "boilerkit/py.typed",
            "boilerkit/data/boilerkit-1/config.json",
            "boilerkit/data/boilerkit-1/weights.npz",
            "boilerkit/data/boilerkit-1/card.json",
            "boilerkit/train/held_out.json",
        } <= names
        assert any(name.startswith("boilerkit/wordlists/") for name in names)
        packages = {name.split("/")[0] for name in names}
        assert {name for name in packages if not name.endswith(".dist-info")} == {"boilerkit"}

    def test_the_sdist_holds_what_its_readme_and_tests_need(self, built: Distributions) -> None:
        with tarfile.open(built.sdist) as archive:
            names = {name.split("/", 1)[1] for name in archive.getnames() if "/" in name}
        assert {
            "README.md",
            "LICENSE",
            "pyproject.toml",
            "boilerkit/data/boilerkit-1/weights.npz",
            "models/boilerkit-1/weights.npz",
            "examples/live-blog.txt",
            "examples/page.html",
            "tests/conftest.py",
        } <= names

    def test_neither_holds_anything_that_was_not_meant_to_travel(
        self, built: Distributions
    ) -> None:
        names = zipfile.ZipFile(built.wheel).namelist()
        with tarfile.open(built.sdist) as archive:
            names += archive.getnames()
        assert not [name for name in names if "__pycache__" in name or "_cache/" in name]


class TestWithAllDependencies:
    def test_a_document_is_cleaned_with_the_model_and_nothing_else_is_said(
        self, full: Environment, root: Path
    ) -> None:
        done = full.boilerkit("clean", root / "examples" / "live-blog.txt")
        assert (done.returncode, done.stderr) == (0, "")
        lines = (root / "examples" / "live-blog.txt").read_text(encoding="utf-8").splitlines()
        assert 0 < len(done.stdout.splitlines()) < len(lines)
        assert set(done.stdout.splitlines()) < set(lines)

    def test_a_page_is_extracted(self, full: Environment, root: Path) -> None:
        done = full.boilerkit("extract", root / "examples" / "page.html")
        assert (done.returncode, done.stderr) == (0, "")
        assert "Eleven winters of work" in done.stdout
        assert "We use cookies" not in done.stdout

    def test_no_training_package_comes_along(self, full: Environment) -> None:
        packages = full.packages()
        assert {"boilerkit", "numpy", "lxml", "joblib"} <= packages
        assert not packages & TRAINING_PACKAGES

    def test_the_version_is_the_same_everywhere(self, full: Environment) -> None:
        assert boilerkit.__version__ in full.boilerkit("--version").stdout
        installed = "from importlib.metadata import version\nprint(version('boilerkit'))"
        assert full.run_python(installed) == boilerkit.__version__

    @pytest.mark.parametrize("source", ["sdist", "editable", "wheel"])
    def test_every_kind_of_install_finds_the_model(
        self, full: Environment, built: Distributions, root: Path, source: str
    ) -> None:
        arguments = {
            "sdist": [built.sdist],
            "editable": ["--editable", root],
            "wheel": [built.wheel],
        }[source]
        full.pip("install", "--no-deps", "--force-reinstall", *arguments)
        program = (
            "import warnings; warnings.simplefilter('error')\n"
            "import boilerkit\n"
            "print(boilerkit.classify_text('One').backend, boilerkit.__file__)"
        )
        backend, path = full.run_python(program).split(" ", 1)
        assert backend == "model"
        assert (root in Path(path).parents) == (source == "editable")


class TestWithoutAnyDependency:
    def test_only_boilerkit_is_there(self, bare: Environment) -> None:
        assert bare.packages() == {"boilerkit"}

    def test_text_is_cleaned_by_the_heuristic_with_one_warning(self, bare: Environment) -> None:
        program = CAUGHT.format(
            f"answer = [boilerkit.clean({TEXT!r}), boilerkit.classify_text('One').backend]"
        )
        expected = [TEXT, "heuristic"]
        assert bare.run_python(program) == f"{expected} ['BoilerkitWarning']"

    def test_the_heuristic_by_name_warns_of_nothing(self, bare: Environment) -> None:
        program = CAUGHT.format(f"answer = [boilerkit.Cleaner(model='heuristic').clean({TEXT!r})]")
        assert bare.run_python(program) == f"{[TEXT]} []"

    def test_the_command_cleans_and_says_so_in_one_line(self, bare: Environment) -> None:
        done = bare.boilerkit("clean", "-", text=TEXT)
        assert (done.returncode, done.stdout) == (0, TEXT)
        assert len(done.stderr.splitlines()) == 1
        assert "numpy" in done.stderr

    @pytest.mark.parametrize("page", ["'<p>One'", "b'<p>One'"])
    def test_a_page_is_refused_with_the_command_that_helps(
        self, bare: Environment, page: str
    ) -> None:
        program = (
            "import boilerkit\n"
            "try:\n"
            f"    boilerkit.Cleaner(model='heuristic').extract({page})\n"
            "except ImportError as error:\n"
            "    print(type(error).__name__, error)\n"
        )
        answer = bare.run_python(program)
        assert answer.startswith("MissingDependencyError")
        assert "pip install lxml" in answer

    def test_the_command_refuses_a_page_in_one_line(self, bare: Environment, root: Path) -> None:
        done = bare.boilerkit("extract", "--model", "heuristic", root / "examples" / "page.html")
        assert done.returncode != 0
        assert done.stdout == ""
        assert len(done.stderr.splitlines()) == 1
        assert "pip install lxml" in done.stderr

    def test_a_model_by_name_is_refused_with_the_command_that_helps(
        self, bare: Environment
    ) -> None:
        program = (
            "import boilerkit\n"
            "try:\n"
            "    boilerkit.Cleaner(model='boilerkit-1')\n"
            "except boilerkit.MissingDependencyError as error:\n"
            "    print(error)\n"
        )
        assert "pip install numpy" in bare.run_python(program)


class TestWithLxmlAlone:
    def test_a_page_is_read_by_the_heuristic_with_one_warning(self, with_lxml: Environment) -> None:
        assert with_lxml.packages() == {"boilerkit", "lxml"}
        page = "<p>The ferry left the quay at noon with eleven passengers and a piano on deck.</p>"
        program = CAUGHT.format(f"answer = boilerkit.extract({page!r})")
        assert with_lxml.run_python(program) == f"{TEXT.strip()} ['BoilerkitWarning']"

    def test_bytes_that_name_their_encoding_are_read_without_a_detector(
        self, with_lxml: Environment
    ) -> None:
        program = (
            "import boilerkit\n"
            "cleaner = boilerkit.Cleaner(model='heuristic')\n"
            "page = '<meta charset=latin1><p>Die Fähre fuhr mittags mit elf Gästen über den Fluss.'\n"
            "print(cleaner.extract(page.encode('latin1')))"
        )
        assert "Fähre" in with_lxml.run_python(program)

    def test_text_is_cleaned_too(self, with_lxml: Environment) -> None:
        assert with_lxml.boilerkit("clean", "-", text=TEXT).stdout == TEXT


@pytest.fixture
def site(root: Path, tmp_path: Path) -> Iterator[str]:
    """The address of a site with one page."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "robots.txt").touch()
    page = (root / "examples" / "page.html").read_text(encoding="utf-8")
    body = re.sub(r"<link[^>]*>|(href|src)=\S*", "", page)  # there is nothing else to fetch
    (tmp_path / "site" / "index.html").write_text(body, encoding="utf-8")
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path / "site"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.skipif(shutil.which("wget") is None, reason="needs wget")
class TestFiveCommands:
    def commands(self, path: Path) -> list[str]:
        block = re.search(r"```sh\n(python3 -m venv env\n.*?)```", path.read_text("utf-8"), re.S)
        assert block is not None
        return block[1].splitlines()

    def test_are_the_same_wherever_they_stand(self, root: Path) -> None:
        commands = self.commands(root / "README.md")
        assert len(commands) == 5
        assert self.commands(root / "docs" / "batches.md") == commands

    def test_lead_from_nothing_to_a_cleaned_parquet_file(
        self, built: Distributions, root: Path, tmp_path: Path, site: str
    ) -> None:
        settings = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        links = [str(built.wheel.parent), settings.get("PIP_FIND_LINKS", "")]
        settings["PIP_FIND_LINKS"] = " ".join(links)
        settings["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), settings["PATH"]])
        settings["no_proxy"] = "127.0.0.1"
        for command in self.commands(root / "docs" / "batches.md"):
            done = subprocess.run(
                ["sh", "-c", command.replace("https://example.org", site)],
                cwd=tmp_path,
                env=settings,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, (command, done.stderr)
        assert (tmp_path / "cleaned" / "crawl.parquet").is_file()
        assert "Eleven winters of work" in done.stdout
        assert "We use cookies" not in done.stdout
