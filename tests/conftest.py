"""Fixtures that several test files share: the cleaners under test and the data folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from toy_model import write_toy_model

from boilerkit import Cleaner

ROOT = Path(__file__).resolve().parents[1]

# Time limits belong to the benchmark: here a slow machine must not fail a property.
settings.register_profile(
    "boilerkit",
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("boilerkit")


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the project."""
    return ROOT


@pytest.fixture(scope="session")
def toy_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder with hand-written weights (see toy_model.py)."""
    return write_toy_model(tmp_path_factory.mktemp("models") / "toy")


@pytest.fixture(scope="session")
def toy(toy_folder: Path) -> Cleaner:
    """A cleaner that drops the lines with two exclamation marks or more."""
    return Cleaner(model=toy_folder)


@pytest.fixture(scope="session")
def shipped() -> Cleaner:
    """A cleaner with the default model."""
    return Cleaner()


@pytest.fixture(scope="session", params=["default", "heuristic", "toy"])
def model(request: pytest.FixtureRequest, toy_folder: Path) -> str | Path | None:
    """Every kind of model in turn, as Cleaner takes it: what holds for one must hold for all."""
    choices: dict[str, str | Path | None] = {"default": None, "heuristic": "heuristic"}
    return choices.get(request.param, toy_folder)


@pytest.fixture(scope="session")
def cleaner(model: str | Path | None) -> Cleaner:
    """A cleaner with each model in turn."""
    return Cleaner(model=model)


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder with the labelled data sets and the founding document."""
    chosen = os.environ.get("BOILERKIT_DATA")
    if not chosen:
        pytest.skip("needs the benchmark data: set BOILERKIT_DATA to its folder")
    return Path(chosen)


@pytest.fixture(scope="module")
def quick_training() -> Iterator[None]:
    """Training in seconds, for the tests of a whole file."""
    from quick_training import apply_quick_settings  # scikit-learn: for the tests of training only

    with pytest.MonkeyPatch.context() as patch:
        apply_quick_settings(patch)
        yield
