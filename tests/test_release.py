"""What a release is made of: distributions, their metadata, the citation, change log and workflows.

What an installed wheel holds and does is in ``test_install.py``.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path
from typing import Any

import pytest

import boilerkit

BASE = {"charset-normalizer", "joblib", "lxml", "numpy"}
# In the published workflow and named as untested, see docs/limits.md.
UNTESTED = ["3.14", "3.14t"]


@pytest.fixture(scope="module")
def distributions(root: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The wheel and the sdist, built as the workflow builds them: the wheel from the sdist."""
    pytest.importorskip("build")
    out = tmp_path_factory.mktemp("dist")
    done = subprocess.run(
        [sys.executable, "-m", "build", "--outdir", out],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return sorted(out.iterdir())


def metadata_of(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return Parser().parsestr(archive.read(name).decode("utf-8"))


@pytest.mark.slow
class TestDistributions:
    def test_are_a_wheel_for_every_platform_and_an_sdist(self, distributions: list[Path]) -> None:
        version = boilerkit.__version__
        assert [path.name for path in distributions] == [
            f"boilerkit-{version}-py3-none-any.whl",
            f"boilerkit-{version}.tar.gz",
        ]

    def test_pass_twine(self, distributions: list[Path]) -> None:
        pytest.importorskip("twine")
        done = subprocess.run(
            [sys.executable, "-m", "twine", "check", "--strict", *distributions],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def test_ask_for_nothing_but_the_base(self, distributions: list[Path]) -> None:
        required = metadata_of(distributions[0]).get_all("Requires-Dist", [])
        always = [item for item in required if "extra ==" not in item]
        assert {re.split(r"[<>=~! ]", item)[0] for item in always} == BASE

    def test_say_what_they_are(self, distributions: list[Path], root: Path) -> None:
        metadata = metadata_of(distributions[0])
        assert metadata["License-Expression"] == "Apache-2.0"
        assert metadata["Requires-Python"] == ">=3.10"
        assert metadata["Description-Content-Type"] == "text/markdown"
        readme = (root / "README.md").read_text(encoding="utf-8")
        assert str(metadata.get_payload()).strip() == readme.strip()

    def test_claim_no_python_that_is_named_as_untested(self, distributions: list[Path]) -> None:
        claimed = metadata_of(distributions[0]).get_all("Classifier", [])
        tested = [f"Programming Language :: Python :: 3.{minor}" for minor in (10, 11, 12, 13)]
        assert set(tested) <= set(claimed)
        for version in UNTESTED:
            assert f"Programming Language :: Python :: {version}" not in claimed

    def test_the_sdist_can_build_the_site_and_be_cited(self, distributions: list[Path]) -> None:
        with tarfile.open(distributions[1]) as archive:
            names = {name.partition("/")[2] for name in archive.getnames()}
        assert {
            ".github/workflows/ci.yml",
            "mkdocs.yml",
            "docs/index.md",
            "docs/data-flow.svg",
            "docs/generated_pages.py",
            "CITATION.cff",
            "CHANGELOG.md",
            "SECURITY.md",
            "benchmarks/RESULTS.md",
        } <= names


# --- citation and change log --------------------------------------------------------------------


def read_yaml(path: Path) -> Any:
    return pytest.importorskip("yaml").safe_load(path.read_text(encoding="utf-8"))


def test_the_citation_is_of_this_version(root: Path) -> None:
    citation = read_yaml(root / "CITATION.cff")
    assert citation["cff-version"] == "1.2.0"
    assert citation["title"] == "boilerkit"
    assert citation["type"] == "software"
    assert citation["version"] == boilerkit.__version__
    assert citation["license"] == "Apache-2.0"
    assert citation["message"]
    assert all(
        author.keys() <= {"name", "given-names", "family-names"} for author in citation["authors"]
    )
    # what the schema of version 1.2.0 knows, of what is used here
    assert citation.keys() <= {
        *("cff-version", "message", "type", "title", "abstract", "authors", "version", "license"),
        *("keywords", "date-released", "doi", "url", "repository-code"),
    }


def test_the_change_log_is_kept_as_it_says(root: Path) -> None:
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (.*)$", text, re.M)
    assert headings[0] == "[Unreleased]"
    for heading in headings[1:]:
        assert re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d{2}-\d{2}", heading)
    kinds = set(re.findall(r"^### (.*)$", text, re.M))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


# --- workflows ----------------------------------------------------------------------------------


def steps(job: dict[str, Any]) -> str:
    return "\n".join(step.get("run", "") for step in job["steps"])


def test_ci_runs_on_every_python_and_names_what_is_untested(root: Path) -> None:
    jobs = read_yaml(root / ".github" / "workflows" / "ci.yml")["jobs"]
    assert ".ci/run" in steps(jobs["everything"])
    whole = jobs["everything"]["steps"][1]["with"]["python-version"]
    tested = {whole, *jobs["tests"]["strategy"]["matrix"]["python"]}
    assert tested == {"3.10", "3.11", "3.12", "3.13"}
    assert jobs["untested"]["strategy"]["matrix"]["python"] == UNTESTED
    assert "untested" in jobs["untested"]["name"]
    assert jobs["untested"]["continue-on-error"] is True
    for name in ("tests", "untested"):
        assert "python -m pytest" in steps(jobs[name])
    limits = (root / "docs" / "limits.md").read_text(encoding="utf-8")
    section = limits.partition("## What has not been tested")[2].partition("\n## ")[0]
    assert "3.14" in section
    assert "free-threaded" in section


def test_a_release_is_built_checked_and_installed(root: Path) -> None:
    workflow = read_yaml(root / ".github" / "workflows" / "release.yml")
    build, install = workflow["jobs"]["build"], workflow["jobs"]["install"]
    assert "python -m build" in steps(build)
    assert "twine check --strict" in steps(build)
    assert install["needs"] == "build"
    assert "python -m venv clean" in steps(install)
    assert "scikit-learn" in steps(install)
    assert install["strategy"]["matrix"]["kind"] == ["*.whl", "*.tar.gz"]


@pytest.mark.parametrize("name", ["ci", "release"])
def test_workflows_may_do_no_more_than_read(root: Path, name: str) -> None:
    workflow = read_yaml(root / ".github" / "workflows" / f"{name}.yml")
    assert workflow["permissions"] == {"contents": "read"}
    assert all("permissions" not in job for job in workflow["jobs"].values())


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ci", "release"])
def test_what_workflows_run_is_shell(root: Path, name: str) -> None:
    for job in read_yaml(root / ".github" / "workflows" / f"{name}.yml")["jobs"].values():
        script = re.sub(r"\$\{\{.*?\}\}", "VALUE", steps(job))
        done = subprocess.run(
            ["bash", "-n"], input=script, text=True, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr
