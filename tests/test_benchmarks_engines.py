"""The command that takes the rates of other people's engines."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.__main__ import main
from benchmarks.engines import BEGIN, END, ENGINES, Rate, measure_engine, render_rates
from benchmarks.markdown import write_between


def test_an_engine_is_measured_beside_the_direct_call() -> None:
    pytest.importorskip("sklearn", minversion="1.6")
    rate = measure_engine("sklearn", copies=1)
    assert rate.engine == "sklearn"
    assert rate.documents > 20
    # what it adds is small; only a much slower or a skipped run gives another share
    assert 0.2 < rate.through / rate.direct < 5


def test_a_table_shows_versions_and_shares_and_where_they_were_measured() -> None:
    table = render_rates([Rate("spark", "4.0", 1000, 50, 40)], {"Python": "3.11.1", "cores": 2})
    assert "| spark 4.0 | 1,000 | 50.0 | 40.0 | 80% |\n" in table
    assert table.endswith("\n\nMeasured with Python 3.11.1, cores 2.")


def test_the_table_can_be_written_to_the_page_of_the_engines(root: Path, tmp_path: Path) -> None:
    page = (root / "docs" / "engines.md").read_text(encoding="utf-8")
    (tmp_path / "engines.md").write_text(page, encoding="utf-8")
    write_between(tmp_path / "engines.md", BEGIN, END, "a table")
    written = (tmp_path / "engines.md").read_text(encoding="utf-8")
    assert written.endswith(f"{BEGIN}\n\na table\n\n{END}\n")
    assert written.partition(BEGIN)[0] == page.partition(BEGIN)[0]


def test_an_engine_that_fails_says_why() -> None:
    with pytest.raises(ValueError, match="hadoop"):
        measure_engine("hadoop", copies=1)


def test_an_unknown_engine_is_refused_with_those_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["engines", "hadoop"]) == 2
    assert f"choose from {', '.join(ENGINES)}" in capsys.readouterr().err
