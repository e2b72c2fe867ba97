"""What a run shows while it works: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from archives import text, write_jsonl
from required import require
from terminal import open_terminal, read_terminal

from boilerkit import cli_progress
from boilerkit.cli_progress import shown_progress

PROGRAM = (
    "import sys\n"
    "from boilerkit import cli, cli_progress\n"
    "cli_progress._SECONDS_BETWEEN_LINES = 0\n"
    "{}"
    "sys.exit(cli.main())"
)
LINE = re.compile(r"boilerkit: [\d,]+ records, [\d,]+ a second, \d+% read, (\S+ )+left")


class Clock:
    """Stands in for the module `time`: five seconds pass between two looks at it."""

    now = 0.0

    def monotonic(self) -> float:
        self.now += 5
        return self.now


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make standard error no terminal and every call to the progress take five seconds."""
    monkeypatch.setattr(cli_progress, "time", Clock())


def run_with_errors_to(stderr: int, model: Path, folder: Path, setup: str = "") -> None:
    """Run the command over a file of ten texts, its standard error going to a descriptor."""
    rows = [{"text": text(number)} for number in range(10)]
    path = write_jsonl(folder / "rows.jsonl", rows)
    options = ["--jobs", "1", "--model", model, "--out", folder / "out"]
    command = [sys.executable, "-c", PROGRAM.format(setup), "run", path, *options]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=stderr, check=False)
    assert done.returncode == 0


def shown_on_a_terminal(model: Path, folder: Path, setup: str = "") -> str:
    """Return what the command shows on a terminal of 24 rows and 100 columns."""
    ours, theirs = open_terminal(columns=100)
    run_with_errors_to(theirs, model, folder, setup)
    os.close(theirs)
    return read_terminal(ours).decode()


def test_a_terminal_has_a_bar_with_rate_and_time_left(toy_folder: Path, tmp_path: Path) -> None:
    require("tqdm")
    shown = shown_on_a_terminal(toy_folder, tmp_path)
    assert "100%|" in shown
    assert re.search(r"\[\d\d:\d\d<\d\d:\d\d, .*B/s, 10 records, [\d,]+/s\]", shown)


def test_a_terminal_without_tqdm_has_lines(toy_folder: Path, tmp_path: Path) -> None:
    shown = shown_on_a_terminal(toy_folder, tmp_path, "sys.modules['tqdm'] = None\n")
    assert LINE.fullmatch(shown.splitlines()[-1])


def test_no_terminal_has_plain_lines(toy_folder: Path, tmp_path: Path) -> None:
    with open(tmp_path / "log", "wb") as log:
        run_with_errors_to(log.fileno(), toy_folder, tmp_path)
    shown = (tmp_path / "log").read_text(encoding="utf-8").splitlines()
    assert len(shown) == 10
    assert all(map(LINE.fullmatch, shown))


@pytest.mark.usefixtures("lines")
def test_lines_come_every_ten_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    with shown_progress(10_000) as progress:
        for number in range(1, 9):
            progress(1000 * number, 30)
    assert capsys.readouterr().err.splitlines() == [
        "boilerkit: 60 records, 6 a second, 20% read, 1 min left",
        "boilerkit: 120 records, 6 a second, 40% read, 1 min left",
        "boilerkit: 180 records, 6 a second, 60% read, less than a minute left",
        "boilerkit: 240 records, 6 a second, 80% read, less than a minute left",
    ]


@pytest.mark.usefixtures("lines")
@pytest.mark.parametrize(("n_bytes", "left"), [(10_000, "21 min"), (1_000_000, "35 h")])
def test_what_an_earlier_run_did_took_this_one_no_time(
    capsys: pytest.CaptureFixture[str], n_bytes: int, left: str
) -> None:
    with shown_progress(n_bytes) as progress:
        progress(n_bytes // 2, 1)
        progress(n_bytes // 2 + 40, 1)
    assert capsys.readouterr().err == f"boilerkit: 2 records, 0 a second, 50% read, {left} left\n"
