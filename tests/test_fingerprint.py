"""What counts as the same data, code and settings, and what does not."""

from __future__ import annotations

from pathlib import Path

import pytest
from quick_training import apply_quick_settings
from tiny_corpus import write_tiny_corpus

from boilerkit.train import fingerprint as fingerprint_module
from boilerkit.train.fingerprint import code_modules, fingerprint, statements


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_tiny_corpus(tmp_path / "data")


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {name.partition("_")[0] for name in before if before[name] != after[name]}


def test_code_is_what_segments_measures_and_fits() -> None:
    modules = set(code_modules())
    assert {"html_lines", "guard", "text_lines", "html_features", "context", "model"} <= modules
    assert {"train.corpus", "train.fit", "train.release", "train.sites"} <= modules
    assert not modules & {"cli", "render", "pipeline", "heuristic", "bench", "__init__"}
    assert not any(name.startswith("cli") for name in modules)


def test_the_same_twice(data: Path) -> None:
    assert fingerprint(data) == fingerprint(data)


def test_data_follow_every_file_that_is_read_and_no_other(data: Path) -> None:
    before = fingerprint(data)
    (page,) = list((data / "wcxb" / "dev" / "html").glob("*.html"))[:1]
    page.with_suffix(".bak").write_bytes(page.read_bytes())
    assert fingerprint(data) == before
    page.write_bytes(page.read_bytes() + b" ")
    after = fingerprint(data)
    assert changed(before, after) == {"data"}
    labels = next(data.rglob("appeals-dev.jsonl"))
    labels.write_bytes(labels.read_bytes()[:-1])
    assert changed(after, fingerprint(data)) == {"data"}


def test_settings_are_those_in_force(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = fingerprint(data)
    apply_quick_settings(monkeypatch)
    assert changed(before, fingerprint(data)) == {"settings"}


def test_code_follows_statements_and_the_projects_own_texts(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "package"
    (package / "train").mkdir(parents=True)
    (package / "train" / "release.py").write_text("from boilerkit.lines import cut\n")
    (package / "lines.py").write_text("def cut():\n    return 1\n")
    (package / "cli.py").write_text("def main(): ...\n")
    (package / "train" / "phrases.jsonl").write_text("{}")
    monkeypatch.setattr(fingerprint_module, "_PACKAGE", package)
    monkeypatch.setattr(fingerprint_module, "__file__", str(package / "train" / "x.py"))
    monkeypatch.setattr(fingerprint_module, "_settings", lambda: [])
    before = fingerprint(data)
    (package / "cli.py").write_text("def main(): return 2\n")
    (package / "lines.py").write_text('def cut():\n    """Cut."""\n\n    return 1  # one\n')
    assert fingerprint(data) == before
    (package / "lines.py").write_text("def cut():\n    return 2\n")
    after = fingerprint(data)
    assert changed(before, after) == {"code"}
    (package / "train" / "phrases.jsonl").write_text("{} ")
    assert changed(after, fingerprint(data)) == {"code"}


def test_statements_are_what_runs() -> None:
    source = (
        '"""Module.\n\nMore.\n"""\n\nX = "# no comment"  # a comment\n# one more\n\n\n'
        'class A:\n    """Doc."""\n\n    def f(self):\n        """Doc\n        doc."""\n'
        '        text = """kept\n        too"""\n        return text\n'
    )
    assert statements(source) == [
        'X = "# no comment"',
        "class A:",
        "    def f(self):",
        '        text = """kept',
        '        too"""',
        "        return text",
    ]
