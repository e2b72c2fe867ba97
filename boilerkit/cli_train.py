"""``train``: rebuild a model from the data."""

from __future__ import annotations

import os
from argparse import Namespace
from pathlib import Path
from typing import Any

from boilerkit.cli_messages import complain
from boilerkit.cli_output import write_stdout
from boilerkit.errors import ConfigError, MissingDependencyError

__all__ = ["DATA_VARIABLE", "run_train"]

DATA_VARIABLE = "BOILERKIT_DATA"


def run_train(arguments: Namespace) -> int:
    """Train a model, print its out-of-fold figures and return 0.

    Raises MissingDependencyError without the extra ``train``, ConfigError without data.
    """
    data = arguments.data or os.environ.get(DATA_VARIABLE)
    if not data:
        raise ConfigError(f"no data: give --data DIR or set {DATA_VARIABLE}")
    if not Path(data).is_dir():
        raise ConfigError(f"no data: {data} is not a folder")
    try:
        card = _train(arguments, Path(data))
    except ModuleNotFoundError as error:
        package = str(error.name).partition(".")[0]
        raise MissingDependencyError(
            f"training needs {package}: pip install 'boilerkit[train]'"
        ) from error
    rows = (f"{name}\t{value}\n" for name, value in card["out_of_fold"].items())
    write_stdout("".join(rows))
    return 0


def _train(arguments: Namespace, data: Path) -> dict[str, Any]:
    from boilerkit.train.datasets import cache_folder
    from boilerkit.train.release import train
    from boilerkit.train.sites import N_FOLDS

    out = Path(arguments.out)
    if arguments.folds not in (None, N_FOLDS):
        raise ConfigError(f"the sites are split into {N_FOLDS} folds: give --folds {N_FOLDS}")
    fold_cache = None if arguments.fold_cache is None else Path(arguments.fold_cache)
    if fold_cache is None and arguments.folds is not None:
        fold_cache = cache_folder() / "folds" / out.resolve().name
    return train(
        data,
        out,
        name=out.resolve().name,
        version=arguments.model_version,
        fold_cache=fold_cache,
        n_jobs=arguments.jobs,
        report=complain,
    )
