"""Who scores the lines: the trained model, or the heuristic where it cannot run."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from boilerkit.cuts import Cut
from boilerkit.decide import ScoredLine
from boilerkit.errors import BoilerkitWarning, ConfigError, MissingDependencyError
from boilerkit.labels import Label

if TYPE_CHECKING:
    from pathlib import Path

    from boilerkit.model import Model, Scores
    from boilerkit.page_lines import PageLines

__all__ = ["DEFAULT_MODEL", "HEURISTIC", "Backend", "open_backend"]

DEFAULT_MODEL = "boilerkit-1"
HEURISTIC = "heuristic"


class Backend(Protocol):
    """Scores lines with words; ``cuts`` maps input (html, text) and operating point to a cut."""

    @property
    def name(self) -> str:
        """``model`` or ``heuristic``."""

    @property
    def model_name(self) -> str:
        """Name and version of the model, empty for the heuristic."""

    @property
    def cuts(self) -> Mapping[str, Mapping[str, Cut]]:
        """The cut of each input and operating point."""

    def score_text(self, lines: Sequence[str]) -> list[ScoredLine]:
        """Score the folded lines of a text."""

    def score_page(self, page: PageLines) -> list[ScoredLine]:
        """Score the lines of a page."""


class ModelBackend:
    """The trained model."""

    name = "model"

    def __init__(self, model: Model) -> None:
        self.model = model
        self.model_name = f"{model.name} {model.version}"
        self.cuts = {kind: head.cuts for kind, head in model.heads.items()}

    def score_text(self, lines: Sequence[str]) -> list[ScoredLine]:
        return _scored(self.model.score_text(lines)) if lines else []

    def score_page(self, page: PageLines) -> list[ScoredLine]:
        return _scored(self.model.score_html(page)) if page.texts else []


class HeuristicBackend:
    """The pure-Python rules."""

    name = HEURISTIC
    model_name = ""

    def __init__(self) -> None:
        from boilerkit.heuristic import CUTS

        cuts = {point: Cut(score) for point, score in CUTS.items()}
        self.cuts = {"html": cuts, "text": cuts}

    def score_text(self, lines: Sequence[str]) -> list[ScoredLine]:
        from boilerkit.heuristic import score_text

        return [ScoredLine(s.score, s.kind, s.reason) for s in score_text(lines)]

    def score_page(self, page: PageLines) -> list[ScoredLine]:
        from boilerkit.heuristic import score_page

        return [ScoredLine(s.score, s.kind, s.reason) for s in score_page(page)]


def open_backend(model: str | Path | None) -> Backend:
    """Return the backend for a model name or folder; None is the default with its fallback.

    The heuristic stands in, with one warning, only when numpy cannot be imported or the default
    model is not installed. A model that was named, or that is damaged, never falls back.
    """
    from pathlib import Path

    if model is not None and not isinstance(model, (str, Path)):
        raise TypeError(f"model must be a name, a folder or None, not {type(model).__name__}")
    if model == HEURISTIC:
        return HeuristicBackend()
    return _open_default() if model is None else ModelBackend(_load(model))


def _open_default() -> Backend:
    from importlib import resources

    packaged = resources.files("boilerkit").joinpath("data").joinpath(DEFAULT_MODEL)
    if not packaged.joinpath("config.json").is_file():
        return _fall_back(f"the default model {DEFAULT_MODEL!r} is not installed: reinstall it")
    try:
        return ModelBackend(_load(DEFAULT_MODEL))
    except MissingDependencyError as error:
        return _fall_back(str(error))


def _fall_back(reason: str) -> Backend:
    warnings.warn(
        f"{reason}; lines are labelled by the heuristic, which is less accurate",
        BoilerkitWarning,
        stacklevel=5,
    )
    return HeuristicBackend()


def _load(model: str | Path) -> Model:
    if model == "":
        raise ConfigError("model must not be empty: give a name or a folder")
    try:
        importlib.import_module("numpy")  # says in its own words what is wrong with it
    except ImportError as error:
        raise MissingDependencyError(
            f"numpy is not installed or broken ({error}): pip install numpy"
        ) from error
    from boilerkit.model import load_model  # what fails here is no fault of numpy's

    return load_model(model)


def _scored(scores: Scores) -> list[ScoredLine]:
    from boilerkit.features import KINDS

    labels: list[Label] = [KINDS[kind] for kind in scores.kinds.tolist()]
    return [
        ScoredLine(score, label, "model")
        for score, label in zip(scores.content.tolist(), labels, strict=True)
    ]
