"""Every example of docs/engines.md runs as it stands there, datatrove's under three executors."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from engines import plain_totals, write_warc
from fresh_python import PACKAGE
from required import require

EXAMPLES = {
    "datatrove": ("datatrove", []),  # see TestDatatrove
    "Spark": ("pyspark", ["texts/_SUCCESS"]),
    "Ray Data": ("ray", ["texts"]),
    "Hugging Face datasets": ("datasets", ["texts.parquet"]),
    "scikit-learn": ("sklearn", []),
    "LangChain": ("langchain_core", []),
    "Scrapy": ("scrapy", []),
}
CLUSTER = {"Spark", "Ray Data"}


def examples(root: Path) -> dict[str, str]:
    """Return the one Python block of each section."""
    text = (root / "docs" / "engines.md").read_text(encoding="utf-8")
    return dict(re.findall(r"^## (.+?)\n.*?^```python\n(.*?)^```$", text, re.M | re.S))


def test_every_section_is_known(root: Path) -> None:
    assert set(examples(root)) == set(EXAMPLES)


def run_example(section: str, root: Path, folder: Path, *arguments: str) -> str:
    """Run an example as a script in a folder and return what it printed."""
    script = folder / "example.py"
    script.write_text(examples(root)[section], encoding="utf-8")
    command = [sys.executable, script, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(autouse=True)
def _python_of_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    monkeypatch.setenv("PYTHONPATH", str(PACKAGE.parent))


@pytest.mark.parametrize(
    "section",
    [
        pytest.param(section, marks=pytest.mark.cluster if section in CLUSTER else ())
        for section in EXAMPLES
        if section != "datatrove"
    ],
)
def test_runs(section: str, root: Path, tmp_path: Path) -> None:
    engine, written = EXAMPLES[section]
    require(engine)
    run_example(section, root, tmp_path)
    assert all((tmp_path / name).exists() for name in written)


# Slurm's commands, as far as datatrove calls them: every task of a job in turn, on this machine.
SLURM = {
    "sbatch": r"""#!/bin/sh -e
for script; do :; done
last=$(sed -n 's/^#SBATCH --array=0-\([0-9]*\).*/\1/p' "$script")
if [ -z "$last" ]; then
    sh "$script" >&2
else
    for SLURM_ARRAY_TASK_ID in $(seq 0 "$last"); do
        export SLURM_ARRAY_TASK_ID SLURM_NODELIST=localhost
        sh "$script" >&2
    done
fi
echo Submitted batch job 7
""",
    "srun": """#!/bin/sh
while [ "$1" != launch_pickled_pipeline ]; do shift; done
exec "$@"
""",
    "scontrol": "#!/bin/sh\necho localhost\n",
}


class TestDatatrove:
    @pytest.fixture
    def folder(self, root: Path, tmp_path: Path) -> Path:
        """A folder with a crawl of two files."""
        require("datatrove")
        (tmp_path / "crawl").mkdir()
        page = (root / "examples" / "page.html").read_text(encoding="utf-8")
        for name in ("a", "b"):
            write_warc(tmp_path / "crawl" / f"{name}.warc.gz", [page])
        return tmp_path

    def check(self, folder: Path) -> None:
        """Check that both tasks wrote their text and that datatrove summed up their lines."""
        texts = [(folder / "texts" / f"0000{task}.jsonl.gz").read_bytes() for task in (0, 1)]
        assert all(texts)
        totals = plain_totals(folder / "logs", 1)
        assert totals["total"] == 2
        assert totals["line-total"] > totals["line-kept"] > 0

    def test_runs_on_this_machine(self, root: Path, folder: Path) -> None:
        run_example("datatrove", root, folder, "local")
        self.check(folder)

    def test_runs_on_slurm(self, root: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        for name, program in SLURM.items():
            (folder / name).write_text(program)
            (folder / name).chmod(0o755)
        commands = [str(folder), str(Path(sys.executable).parent), os.environ["PATH"]]
        monkeypatch.setenv("PATH", os.pathsep.join(commands))
        run_example("datatrove", root, folder, "slurm")
        self.check(folder)

    @pytest.mark.cluster
    def test_runs_on_ray(self, root: Path, folder: Path) -> None:
        require("ray")
        run_example("datatrove", root, folder, "ray")
        self.check(folder)
