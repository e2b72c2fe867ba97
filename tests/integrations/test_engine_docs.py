"""Every example of docs/engines.md runs as it stands there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from engines import require, write_warc
from fresh_python import PACKAGE

EXAMPLES = {
    "datatrove": ("datatrove", ["texts/00000.jsonl.gz", "logs/stats.json"]),
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


@pytest.mark.parametrize(
    "section",
    [pytest.param(s, marks=pytest.mark.cluster if s in CLUSTER else ()) for s in EXAMPLES],
)
def test_runs(section: str, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine, written = EXAMPLES[section]
    require(engine)
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    monkeypatch.setenv("PYTHONPATH", str(PACKAGE.parent))
    if engine == "datatrove":
        (tmp_path / "crawl").mkdir()
        page = (root / "examples" / "page.html").read_text(encoding="utf-8")
        write_warc(tmp_path / "crawl" / "a.warc.gz", [page])
    script = tmp_path / "example.py"
    script.write_text(examples(root)[section], encoding="utf-8")
    done = subprocess.run(
        [sys.executable, script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert all((tmp_path / name).exists() for name in written)
