"""``train``: rebuild a model from the data, or adapt one to labels of one's own."""

from __future__ import annotations

import os
from argparse import Namespace
from pathlib import Path

from boilerkit.backends import DEFAULT_MODEL, HEURISTIC
from boilerkit.cli_messages import complain
from boilerkit.cli_output import write_stdout
from boilerkit.errors import ConfigError, MissingDependencyError

__all__ = ["DATA_VARIABLE", "run_train"]

DATA_VARIABLE = "BOILERKIT_DATA"


def run_train(arguments: Namespace) -> int:
    """Train or adapt a model, print its out-of-fold figures and return 0.

    Raises MissingDependencyError without the extra ``train``, ConfigError without data.
    """
    data = arguments.data or os.environ.get(DATA_VARIABLE)
    if not data:
        raise ConfigError(f"no data: give --data DIR or set {DATA_VARIABLE}")
    if arguments.base is None and not Path(data).is_dir():
        raise ConfigError(f"no data: {data} is not a folder")
    work = _train if arguments.base is None else _adapt
    try:
        rows = work(arguments, Path(data))
    except ModuleNotFoundError as error:
        package = str(error.name).partition(".")[0]
        raise MissingDependencyError(
            f"training needs {package}: pip install 'boilerkit[train]'"
        ) from error
    write_stdout("".join(f"{row}\n" for row in rows))
    return 0


def _adapt(arguments: Namespace, labels: Path) -> list[str]:
    from boilerkit.train.adapt_release import train_adapted

    base = DEFAULT_MODEL if arguments.base == "default" else arguments.base
    if base == HEURISTIC:
        raise ConfigError("the heuristic learns nothing: give a model as --base")
    if arguments.folds is not None or arguments.fold_cache is not None:
        raise ConfigError("--folds and --fold-cache are for training without --base")
    _, validation = train_adapted(
        labels, Path(arguments.out), base=base, version=arguments.model_version, report=complain
    )
    gain = validation.gain
    if not gain.wins:
        complain("the gain may be chance: label more documents, or keep the base model")
    measures = validation.measures().items()
    rows = [(name, _figure(before), _figure(after)) for name, (before, after) in measures]
    ends = f"{gain.range.low:+.3f} to {gain.range.high:+.3f}"
    rows.append(("gain in balanced accuracy", f"{gain.difference:+.3f}", f"  {ends}"))
    return [
        f"{name:<25}  {first:>6}  {second:>7}"
        for name, first, second in [("measure", "base", "adapted"), *rows]
    ]


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _train(arguments: Namespace, data: Path) -> list[str]:
    from boilerkit.train.datasets import cache_folder
    from boilerkit.train.release import train
    from boilerkit.train.sites import N_FOLDS

    out = Path(arguments.out)
    if arguments.folds not in (None, N_FOLDS):
        raise ConfigError(f"the sites are split into {N_FOLDS} folds: give --folds {N_FOLDS}")
    fold_cache = None if arguments.fold_cache is None else Path(arguments.fold_cache)
    if fold_cache is None and arguments.folds is not None:
        fold_cache = cache_folder() / "folds" / out.resolve().name
    card = train(
        data,
        out,
        name=out.resolve().name,
        version=arguments.model_version,
        fold_cache=fold_cache,
        n_jobs=arguments.jobs,
        report=complain,
    )
    return [f"{name}\t{value}" for name, value in card["out_of_fold"].items()]
