"""The command that takes the rates of other people's engines."""

from __future__ import annotations

import pytest

from benchmarks.__main__ import main
from benchmarks.engines import ENGINES, Rate, measure_engine, render_rates


def test_an_engine_is_measured_beside_the_direct_call() -> None:
    pytest.importorskip("sklearn", minversion="1.6")
    rate = measure_engine("sklearn", copies=1)
    assert rate.engine == "sklearn"
    assert rate.documents > 20
    # what it adds is small; only a much slower or a skipped run gives another share
    assert 0.2 < rate.through / rate.direct < 5


def test_a_table_shows_the_share() -> None:
    assert "| spark | 1,000 | 50.0 | 40.0 | 80% |" in render_rates([Rate("spark", 1000, 50, 40)])


def test_an_engine_that_fails_says_why() -> None:
    with pytest.raises(ValueError, match="hadoop"):
        measure_engine("hadoop", copies=1)


def test_an_unknown_engine_is_refused_with_those_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["engines", "hadoop"]) == 2
    assert f"choose from {', '.join(ENGINES)}" in capsys.readouterr().err
