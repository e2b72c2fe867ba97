"""What an engine costs: documents a second through it, against ``Cleaner`` called directly.

Every engine has one worker, so that the figure shows what it adds and not how far it scales. Each
is measured in a process of its own, in turn with the direct call there; starting the engine and a
first run are not timed.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from itertools import count
from pathlib import Path
from typing import Final

from benchmarks.corpus import CORPUS
from benchmarks.outputs import CHECKOUT
from boilerkit import Cleaner

__all__ = ["BEGIN", "END", "ENGINES", "Rate", "measure_engine", "render_rates"]

BEGIN: Final = "<!-- figures: python -m benchmarks engines --write docs/engines.md -->"
END: Final = "<!-- end of figures -->"

Run = Callable[[], object]

_ROUNDS: Final = 3


@dataclass(frozen=True)
class Rate:
    """Documents a second, directly and through an engine: medians over the rounds."""

    engine: str
    version: str
    documents: int
    direct: float
    through: float


def measure_engine(name: str, copies: int) -> Rate:
    """Measure one engine in a process of its own, on the embedded corpus repeated `copies` times.

    Raises ValueError with the process's last words if the engine is missing or failed.
    """
    command = [sys.executable, "-m", "benchmarks.engines", name, str(copies)]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["nothing was said"])[-1]
        raise ValueError(f"{name}: {last}")
    return Rate(**json.loads(done.stdout.splitlines()[-1]))


def render_rates(rates: Sequence[Rate], machine: Mapping[str, object]) -> str:
    """Return a Markdown table, with the machine that it was measured on below it."""
    lines = ["| engine | documents | direct, docs/s | through it, docs/s | share |"]
    lines.append("|---|---:|---:|---:|---:|")
    lines += [
        f"| {r.engine} {r.version} | {r.documents:,} | {r.direct:.1f} | {r.through:.1f} "
        f"| {r.through / r.direct:.0%} |"
        for r in rates
    ]
    where = ", ".join(f"{name} {value}" for name, value in machine.items())
    return "\n".join([*lines, "", f"Measured with {where}."])


# --- engines: each opens with pages and a cleaner and returns what is timed ----------------------


def _datasets(pages: Sequence[str], cleaner: Cleaner) -> Run:
    import datasets

    from boilerkit.integrations.arrow import BatchCleaner

    datasets.disable_caching()
    dataset = datasets.Dataset.from_dict({"html": list(pages)}).with_format("arrow")
    clean = BatchCleaner("html", input="html", cleaner=cleaner)
    return lambda: dataset.map(clean, batched=True, batch_size=100)


def _datatrove(pages: Sequence[str], cleaner: Cleaner) -> Run:
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.readers import JsonlReader
    from datatrove.pipeline.writers import JsonlWriter

    from boilerkit.integrations.datatrove import BoilerkitExtractor

    folder = Path(tempfile.mkdtemp())
    (folder / "in").mkdir()
    rows = [json.dumps({"id": str(n), "text": page}) for n, page in enumerate(pages)]
    (folder / "in" / "pages.jsonl").write_text("\n".join(rows), encoding="utf-8")
    rounds = count()

    def run() -> None:
        out = folder / str(next(rounds))
        steps = [
            JsonlReader(str(folder / "in")),
            BoilerkitExtractor(cleaner),
            JsonlWriter(str(out / "texts")),
        ]
        LocalPipelineExecutor(pipeline=steps, logging_dir=str(out / "logs")).run()

    return run


def _langchain(pages: Sequence[str], cleaner: Cleaner) -> Run:
    from langchain_core.documents import Document

    from boilerkit.integrations.langchain import BoilerkitTransformer

    documents = [Document(page_content=page) for page in pages]
    transformer = BoilerkitTransformer(cleaner=cleaner)
    return lambda: transformer.transform_documents(documents)


def _ray(pages: Sequence[str], cleaner: Cleaner) -> Run:
    import ray

    from boilerkit.integrations.arrow import BatchCleaner

    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    dataset = ray.data.from_items([{"html": page} for page in pages]).materialize()

    def run() -> None:
        dataset.map_batches(
            BatchCleaner,
            fn_constructor_args=("html",),
            fn_constructor_kwargs={"input": "html", "cleaner": cleaner},
            batch_format="pyarrow",
            batch_size=100,
            compute=ray.data.ActorPoolStrategy(size=1),
        ).materialize()

    return run


def _scrapy(pages: Sequence[str], cleaner: Cleaner) -> Run:
    from scrapy.utils.test import get_crawler

    from boilerkit.integrations.scrapy import BoilerkitPipeline

    settings = {"BOILERKIT": {"cleaner": cleaner}}
    pipeline = BoilerkitPipeline.from_crawler(get_crawler(settings_dict=settings))
    return lambda: [pipeline.process_item({"html": page}) for page in pages]


def _sklearn(pages: Sequence[str], cleaner: Cleaner) -> Run:
    from boilerkit.integrations.sklearn import BoilerkitTransformer

    transformer = BoilerkitTransformer(input="html", cleaner=cleaner)
    return lambda: transformer.transform(pages)


def _spark(pages: Sequence[str], cleaner: Cleaner) -> Run:
    from pyspark.sql import SparkSession

    from boilerkit.integrations.spark import clean_frame

    os.environ["PYSPARK_PYTHON"] = sys.executable  # no setting of the session's is asked
    spark = (
        SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
    )
    frame = spark.createDataFrame([(page,) for page in pages], "html string")
    cleaned = clean_frame(frame, "html", input="html", cleaner=cleaner)
    return lambda: cleaned.write.format("noop").mode("overwrite").save()


ENGINES: Final[Mapping[str, Callable[[Sequence[str], Cleaner], Run]]] = {
    "datasets": _datasets,
    "datatrove": _datatrove,
    "langchain": _langchain,
    "ray": _ray,
    "scrapy": _scrapy,
    "sklearn": _sklearn,
    "spark": _spark,
}


# The name that an engine is installed by, where it is another.
_PACKAGES: Final = {"langchain": "langchain-core", "sklearn": "scikit-learn", "spark": "pyspark"}


def _measure_here(name: str, copies: int) -> Rate:
    paths = sorted((CORPUS / "pages").glob("*.html"))
    pages = [path.read_bytes().decode("utf-8", "replace") for path in paths] * copies
    cleaner = Cleaner()
    runs: dict[str, Run] = {
        "direct": lambda: [cleaner.extract(page) for page in pages],
        "through": ENGINES[name](pages, cleaner),
    }
    seconds: dict[str, list[float]] = {kind: [] for kind in runs}
    for number in range(_ROUNDS + 1):
        for kind, run in runs.items():
            begun = time.perf_counter()
            run()
            if number > 0:
                seconds[kind].append(time.perf_counter() - begun)
    rates = {kind: len(pages) / statistics.median(times) for kind, times in seconds.items()}
    return Rate(name, version(_PACKAGES.get(name, name)), len(pages), **rates)


if __name__ == "__main__":
    print(json.dumps(asdict(_measure_here(sys.argv[1], int(sys.argv[2])))))
