"""``python -m benchmarks``: arguments in, files and exit codes out."""

from __future__ import annotations

import argparse
import datetime
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from benchmarks import engines, figures, gate, sizes, soak, speed
from benchmarks.compare import compare
from benchmarks.corpus import corpus_sha256
from benchmarks.datasets import DATA_SETS, ChecksumError, Kind, load
from benchmarks.fetch import fetch
from benchmarks.glued import (
    Judge,
    article_texts,
    glued_appeals,
    measure_split,
    render_split,
)
from benchmarks.guided import run_soak
from benchmarks.html_report import render_html
from benchmarks.languages import (
    LANGUAGES_HEAD,
    languages_with_documents,
    measure_language,
    render_language,
)
from benchmarks.lines import appeals_in_articles, typed_texts
from benchmarks.markdown import render_sections, section_body, write_between
from benchmarks.ours import OUR_ROWS, CleanerSource, fold_models
from benchmarks.outputs import OutputCache, Peer, find_peers
from benchmarks.plain import measure_plain, render_plain
from benchmarks.progress import Progress
from benchmarks.quotes import read_quotes, write_quotes
from benchmarks.results import read_run, write_run
from benchmarks.run import Suite, machine, run_suite, worst_pages
from benchmarks.shapes import SHAPES
from benchmarks.short import in_short, render_markdown, write_readme
from benchmarks.sites import measure_sites, render_sites
from benchmarks.stopwatch import YARDSTICK
from benchmarks.systems import SYSTEMS
from boilerkit import Cleaner, __version__
from boilerkit.backends import DEFAULT_MODEL
from boilerkit.errors import BoilerkitError
from boilerkit.model import load_model
from boilerkit.train.datasets import cache_folder, load_appeals, load_typed_documents
from boilerkit.train.sites import fold_of
from boilerkit.wordlists import LANGUAGES

__all__ = ["main"]

_RELEASE: Final = Path(__file__).parents[1] / "models" / DEFAULT_MODEL
_RESULTS: Final = Path(__file__).parent / "results"
#: Peers that the gate times beside ``extract``.
_TIMED_PEERS: Final[tuple[str, ...]] = ("trafilatura", "resiliparse")
_DEV_SETS: Final = tuple(name for name, item in DATA_SETS.items() if item.kind is not Kind.EXAM)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0, 1 for a failed check, 2 for bad input."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.command(options))
    except (BoilerkitError, ChecksumError, OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_run(commands.add_parser("run", help="score all systems and write results and reports"))
    _add_report(commands.add_parser("report", help="write the reports of a run anew"))
    _add_compare(commands.add_parser("compare", help="show what changed between two runs"))
    _add_fetch(commands.add_parser("fetch", help="download data sets"))
    _add_check(commands.add_parser("folds", help="check that fold models are there and current"))
    _add_gate(commands.add_parser("gate", help="hold figures against their floors"))
    _add_speed(commands.add_parser("speed", help="take times; wants an otherwise idle machine"))
    _add_sizes(commands.add_parser("sizes", help="time and memory of hostile inputs by size"))
    _add_ablation(commands.add_parser("ablation", help="what each family and stage is worth"))
    _add_languages(
        commands.add_parser("languages", help="fit the text head without a language and judge it")
    )
    _add_split(commands.add_parser("split", help="appeals glued to paragraphs: found, lost"))
    _add_plain(commands.add_parser("plain", help="appeals on short pages without class names"))
    _add_sites(commands.add_parser("sites", help="typed lines with and without a site profile"))
    _add_engines(commands.add_parser("engines", help="what other people's engines cost"))
    _add_soak(commands.add_parser("soak", help="damaged inputs for hours: no promise may break"))
    return parser


def _add_run(parser: argparse.ArgumentParser) -> None:
    _add_data(parser)
    _add_peers(parser)
    parser.add_argument("--sets", nargs="+", choices=DATA_SETS, default=_DEV_SETS)
    parser.add_argument("--without-boilerkit", action="store_true", help="score the others only")
    _add_folds(parser)
    parser.add_argument("--out", type=Path, default=_RESULTS, help="folder to write to")
    parser.add_argument("--worst-of", metavar="SYSTEM", help="whose worst pages are quoted")
    parser.add_argument("--limit", type=int, help="only the first pages of each set: a quick look")
    parser.add_argument("--speed", type=Path, help="speed file to show in the report")
    parser.add_argument("--sizes", type=Path, help="file of sizes to show in the report")
    parser.set_defaults(command=_run)


def _add_folds(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--folds", type=Path, help="folder of fold models (default: the cache)")
    parser.add_argument("--release", type=Path, default=_RELEASE, help="model they belong to")


def _add_report(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", type=Path, metavar="RUN.json")
    parser.add_argument("--speed", type=Path, help="speed file to show")
    parser.add_argument("--sizes", type=Path, help="file of sizes to show")
    parser.add_argument("--quotes", type=Path, help="file of quoted pages to show")
    parser.add_argument("--markdown", type=Path, help="where to write Markdown")
    parser.add_argument("--html", type=Path, help="where to write HTML")
    parser.add_argument("--readme", type=Path, help="file with marks for the short table")
    parser.set_defaults(command=_report)


def _add_compare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("before", type=Path, metavar="A.json")
    parser.add_argument("after", type=Path, metavar="B.json")
    parser.set_defaults(command=_compare)


def _add_fetch(parser: argparse.ArgumentParser) -> None:
    _add_data(parser)
    parser.add_argument("names", nargs="+", choices=DATA_SETS, metavar="NAME")
    parser.add_argument("--from", dest="url", help="address of a copy of NAME.tar.xz")
    parser.set_defaults(command=_fetch)


def _add_check(parser: argparse.ArgumentParser) -> None:
    _add_data(parser)
    _add_folds(parser)
    parser.set_defaults(command=_folds)


def _add_gate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, default=_data_folder(), help="also the data's floors")
    _add_peers(parser)
    parser.add_argument("--model", help="model to check (default: the shipped one)")
    change = parser.add_mutually_exclusive_group()
    change.add_argument("--set", nargs=2, metavar=("NAME", "VALUE"), help="add or raise a floor")
    change.add_argument(
        "--pin", action="store_true", help="raise every floor to a margin below what is measured"
    )
    change.add_argument("--repin", action="store_true", help="--pin, also where that lowers one")
    change.add_argument("--lower", nargs=2, metavar=("NAME", "VALUE"), help="loosen a floor")
    change.add_argument("--accept-corpus", action="store_true", help="the corpus may be as it is")
    change.add_argument("--baselines", action="store_true", help="hold floors over simpler ways")
    parser.add_argument("--at-most", action="store_true", help="with --set: a ceiling")
    parser.add_argument("--reason", default="", help="why a floor changes")
    parser.set_defaults(command=_gate)


def _add_speed(parser: argparse.ArgumentParser) -> None:
    _add_data(parser)
    _add_peers(parser)
    parser.add_argument("--out", type=Path, default=_RESULTS, help="folder to write to")
    parser.add_argument("--limit", type=int, help="only the first pages")
    parser.set_defaults(command=_speed)


def _add_sizes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--max-mb", type=float, default=100.0, help="size of the largest inputs")
    parser.add_argument("--out", type=Path, help="file to write (default: a dated one)")
    parser.add_argument("--shapes", nargs="+", metavar="NAME", help="only these shapes")
    parser.set_defaults(command=_sizes)


def _add_engines(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="*", metavar="ENGINE", help="only these engines")
    parser.add_argument("--copies", type=int, default=10, help="how often to repeat the corpus")
    parser.add_argument("--write", type=Path, help="page to write the table to")
    parser.set_defaults(command=_engines)


def _add_ablation(parser: argparse.ArgumentParser) -> None:
    _add_data(parser)
    _add_folds(parser)
    parser.add_argument("--sample", type=int, default=200, help="pages of each set, and texts")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.set_defaults(command=_ablation)


def _add_languages(parser: argparse.ArgumentParser) -> None:
    _add_data(parser)
    parser.add_argument(
        "--language",
        metavar="CODE",
        nargs="+",
        choices=LANGUAGES,
        help="leave out these in turn (default: all with five documents or more)",
    )
    parser.set_defaults(command=_languages)


def _add_split(parser: argparse.ArgumentParser) -> None:
    _add_data(parser)
    _add_folds(parser)
    parser.add_argument("--seed", type=int, default=0, help="of where appeals are glued")
    parser.add_argument("--limit", type=int, help="only the first texts: a quick look")
    parser.set_defaults(command=_split)


def _add_plain(parser: argparse.ArgumentParser) -> None:
    _add_data(parser)
    _add_folds(parser)
    parser.add_argument("--seed", type=int, default=0, help="of how much stands around an appeal")
    parser.set_defaults(command=_plain)


def _add_sites(parser: argparse.ArgumentParser) -> None:
    _add_data(parser)
    _add_folds(parser)
    parser.set_defaults(command=_sites)


def _add_soak(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, default=_data_folder(), help="pages to damage too")
    parser.add_argument("--hours", type=float, help="end after so many")
    parser.add_argument("--seconds", type=float, help="end after so many")
    parser.add_argument("--executions", type=int, help="end after so many")
    parser.add_argument("--seed", type=int, default=0, help="of all inputs (default: 0)")
    parser.add_argument("--out", type=Path, help="log to write (default: a dated one)")
    parser.add_argument(
        "--findings", type=Path, help="folder for what is found; keep it out of git"
    )
    parser.add_argument("--sum", nargs="+", type=Path, metavar="LOG", help="only add up these logs")
    parser.set_defaults(command=_soak)


def _add_data(parser: argparse.ArgumentParser) -> None:
    folder = _data_folder()
    parser.add_argument(
        "--data",
        type=Path,
        default=folder,
        required=folder is None,
        help="data folder (default: $BOILERKIT_DATA)",
    )


def _data_folder() -> Path | None:
    chosen = os.environ.get("BOILERKIT_DATA")
    return Path(chosen) if chosen else None


def _add_peers(parser: argparse.ArgumentParser) -> None:
    chosen = os.environ.get("BOILERKIT_BENCH_PYTHON", "")
    parser.add_argument(
        "--python",
        action="append",
        default=[name for name in chosen.split(os.pathsep) if name],
        help="a further interpreter with systems installed (or $BOILERKIT_BENCH_PYTHON)",
    )
    parser.add_argument(
        "--systems", nargs="*", choices=SYSTEMS, default=list(SYSTEMS), help="only these others"
    )


# --- commands ----------------------------------------------------------------------------------


def _run(options: argparse.Namespace) -> int:
    suite = Suite(
        root=options.data,
        cache=OutputCache(cache_folder()),
        wanted=tuple(options.systems),
        peers=_peers(options),
        cleaners=None if options.without_boilerkit else _fold_cleaners(options),
        sets=tuple(options.sets),
        limit=options.limit,
    )
    run = run_suite(suite)
    for reason in run.skipped:
        print(f"skipped: {reason}", file=sys.stderr)
    stem = _stem(options.out, "run")
    write_run(run, stem.with_suffix(".json"))
    worst_of = options.worst_of or ("boilerkit" if suite.cleaners else next(iter(suite.peers)))
    quotes = worst_pages(suite, run, worst_of)
    write_quotes(quotes, stem.with_suffix(".quotes.json"))
    times, hostile = _measured(options)
    stem.with_suffix(".md").write_text(render_markdown(run, times, hostile), encoding="utf-8")
    html = render_html(run, times, quotes, hostile)
    stem.with_suffix(".html").write_text(html, encoding="utf-8")
    print(stem.with_suffix(".json"))
    return 0


def _report(options: argparse.Namespace) -> int:
    run = read_run(options.run)
    times, hostile = _measured(options)
    if options.markdown:
        options.markdown.write_text(render_markdown(run, times, hostile), encoding="utf-8")
    if options.html:
        quotes = read_quotes(options.quotes) if options.quotes else []
        html = render_html(run, times, quotes, hostile)
        options.html.write_text(html, encoding="utf-8")
    if options.readme:
        write_readme(options.readme, in_short(run, times))
    if not options.markdown and not options.html and not options.readme:
        print(render_markdown(run, times, hostile), end="")
    return 0


def _measured(
    options: argparse.Namespace,
) -> tuple[speed.SpeedRun | None, sizes.SizesRun | None]:
    """Return the speed and the sizes that the report is to show."""
    return (
        speed.read_speed(options.speed) if options.speed else None,
        sizes.read_sizes(options.sizes) if options.sizes else None,
    )


def _compare(options: argparse.Namespace) -> int:
    head = f"# {options.before.name} → {options.after.name}"
    found = compare(read_run(options.before), read_run(options.after))
    print(render_sections(head, found), end="")
    return 0


def _fetch(options: argparse.Namespace) -> int:
    if options.url and len(options.names) > 1:
        raise ValueError("--from names one archive: give one NAME with it")
    for name in options.names:
        print(fetch(DATA_SETS[name], options.data, Progress(name, "bytes"), options.url))
    return 0


def _folds(options: argparse.Namespace) -> int:
    for name, checksum in _fold_cleaners(options).checksums().items():
        print(f"{name}: {checksum}")
    return 0


def _gate(options: argparse.Namespace) -> int:
    if options.baselines:
        return _baselines(options)
    pinned = gate.read_pinned()
    if options.set or options.lower or options.accept_corpus:
        gate.write_pinned(_changed(pinned, options))
        return 0
    measured = _gate_figures(options)
    if options.pin or options.repin:
        anew = gate.pin(
            pinned, measured, options.reason, lower=options.repin, ceilings=figures.CEILINGS
        )
        gate.write_pinned(anew)
        _print_moves(pinned, anew)
        pinned = anew
    return _hold(pinned, measured)


def _hold(pinned: gate.Pinned, measured: Mapping[str, float]) -> int:
    scopes = {name.partition(":")[0] for name in measured}
    held = {n: floor for n, floor in pinned.floors.items() if n.partition(":")[0] in scopes}
    verdicts = [gate.check_corpus(pinned, corpus_sha256()), *gate.check(held, measured)]
    if len(held) < len(pinned.floors):
        print(f"not held without data: {len(pinned.floors) - len(held)} floors", file=sys.stderr)
    return _print_verdicts(verdicts)


def _print_verdicts(verdicts: Sequence[gate.Verdict]) -> int:
    for verdict in verdicts:
        print(f"{'ok  ' if verdict.passed else 'FAIL'}  {verdict.name}: {verdict.text}")
    return 0 if all(verdict.passed for verdict in verdicts) else 1


def _print_moves(before: gate.Pinned, after: gate.Pinned) -> None:
    for name, floor in after.floors.items():
        old = before.floors.get(name)
        if old != floor:
            print(f"moved  {name}: {f'{old.value:g}' if old else 'none'} → {floor.value:g}")


def _changed(pinned: gate.Pinned, options: argparse.Namespace) -> gate.Pinned:
    if options.accept_corpus:
        return gate.accept_corpus(pinned, corpus_sha256(), options.reason)
    name, value = options.set or options.lower
    return gate.set_floor(
        pinned,
        name,
        float(value),
        options.reason,
        lower=options.lower is not None,
        at_most=options.at_most,
    )


def _gate_figures(options: argparse.Namespace) -> dict[str, float]:
    cleaner, heuristic = Cleaner(model=options.model), Cleaner(model="heuristic")
    found = figures.corpus_figures(cleaner)
    found |= _of_heuristic(figures.corpus_figures(heuristic))
    if options.data is not None:
        found |= figures.in_sample_figures(cleaner, options.data)
        found |= _of_heuristic(figures.in_sample_figures(heuristic, options.data))
        here = find_peers([sys.executable])
        peers = {name: SYSTEMS[name].extract for name in _TIMED_PEERS if name in here}
        found |= figures.speed_figures(cleaner, options.data, peers)
    return found


def _of_heuristic(found: dict[str, float]) -> dict[str, float]:
    return {f"heuristic, {name}": value for name, value in found.items()}


def _baselines(options: argparse.Namespace) -> int:
    heuristic = figures.corpus_figures(Cleaner(model="heuristic"))
    rows = {
        "all visible text": figures.visible_text_figures(),
        "heuristic": {name: heuristic[name] for name in (figures.PAGES_F1, figures.TEXTS_F1)},
    }
    peers = _peers(options)
    if "justext" in peers:
        rows["jusText"] = figures.justext_figures(peers["justext"], OutputCache(cache_folder()))
    return _print_verdicts(gate.check_baselines(gate.read_pinned().floors, rows))


def _speed(options: argparse.Namespace) -> int:
    pages = load(DATA_SETS["wcxb-dev"], options.data)[: options.limit]
    peers = _peers(options)
    texts = [page.gold or "" for page in pages]
    run = speed.SpeedRun(
        about=_about_speed(peers),
        dataset="wcxb-dev",
        pages=len(pages),
        systems=speed.measure_extraction(
            pages, peers.values(), ("boilerkit", "boilerkit-heuristic")
        ),
        text_mb_per_s=speed.measure_text(texts),
        import_ms=speed.measure_import(),
        scaling=speed.measure_scaling(pages),
    )
    path = _stem(options.out, "speed").with_suffix(".json")
    speed.write_speed(run, path)
    print(path)
    return 0


def _soak(options: argparse.Namespace) -> int:
    if options.sum:
        print(soak.render_soak([soak.read_log(path) for path in options.sum]))
        return 0
    seconds = options.seconds if options.hours is None else options.hours * 3600
    if seconds is None and options.executions is None:
        raise ValueError("a soak without an end: give --hours, --seconds or --executions")
    log = run_soak(
        soak.read_seeds(options.data),
        options.seed,
        soak.Bounds(seconds, options.executions),
        out=options.out or _stem(_RESULTS, "soak").with_suffix(".json"),
        findings=options.findings or cache_folder() / "soak",
    )
    print(soak.render_soak([log]))
    return int(bool(log.findings))


def _sizes(options: argparse.Namespace) -> int:
    path = options.out or _stem(_RESULTS, "sizes").with_suffix(".json")
    about = {"date": _now().isoformat(timespec="minutes"), "machine": machine()}
    found: list[sizes.Measured] = []
    names, steps = options.shapes or list(SHAPES), sizes.sizes_up_to(options.max_mb)
    for item in sizes.measure_shapes(names, steps):
        found.append(item)
        print(sizes.in_one_line(item), file=sys.stderr)
        # after each, so that a run that is ended leaves what it measured
        sizes.write_sizes(sizes.SizesRun(about, tuple(found)), path)
    run = sizes.SizesRun(about, tuple(found))
    print(section_body(sizes.sizes_section(run)))
    print(path)
    return int(any(sizes.faults(group) for group in run.by_shape().values()))


def _engines(options: argparse.Namespace) -> int:
    unknown = sorted(set(options.names) - set(engines.ENGINES))
    if unknown:
        raise ValueError(f"no engine {unknown[0]!r}: choose from {', '.join(engines.ENGINES)}")
    rates, failed = [], False
    for name in options.names or engines.ENGINES:
        try:
            rates.append(engines.measure_engine(name, options.copies))
        except ValueError as error:
            print(f"failed: {error}", file=sys.stderr)
            failed = True
    table = engines.render_rates(rates, machine())
    print(table)
    if options.write and not failed:  # a page is not to lose a row unnoticed
        write_between(options.write, engines.BEGIN, engines.END, table)
    return int(failed)


def _ablation(options: argparse.Namespace) -> int:
    from benchmarks.ablation import ablate  # needs scikit-learn

    if options.sample < 1:
        raise ValueError(f"--sample must be 1 or more, not {options.sample}")
    found = ablate(options.data, _find_fold(options), size=options.sample, seed=options.seed)
    print(section_body(found))
    return 0


def _split(options: argparse.Namespace) -> int:
    articles = load(DATA_SETS["fundus-dev"], options.data)
    appeals = load_appeals(options.data)
    glued = list(glued_appeals(appeals, articles, options.seed))[: options.limit]
    typed = list(typed_texts(load_typed_documents(options.data)))[: options.limit]
    texts = [*typed, *list(article_texts(articles))[: options.limit]]
    found = measure_split(glued, texts, _judges(options))
    print(render_split(found, len(glued)))
    return 0


def _plain(options: argparse.Namespace) -> int:
    articles = load(DATA_SETS["fundus-dev"], options.data)
    texts = appeals_in_articles(load_appeals(options.data), articles, options.seed)
    judge, _ = _judges(options)
    print(render_plain(measure_plain(texts, judge, options.seed)))
    return 0


def _judges(options: argparse.Namespace) -> tuple[Judge, Judge]:
    """Return what judges a site's texts out of fold, without and with splitting."""
    cleaners = _fold_cleaners(options)
    plain, split = OUR_ROWS["boilerkit"], replace(OUR_ROWS["boilerkit"], split_sentences=True)
    return lambda site: cleaners.cleaner(plain, site), lambda site: cleaners.cleaner(split, site)


def _languages(options: argparse.Namespace) -> int:
    """Print each row when it is there: a language takes some ten minutes."""
    head = load_model(DEFAULT_MODEL).heads["text"]
    languages = options.language or languages_with_documents(options.data)
    print(LANGUAGES_HEAD)
    for language in languages:
        print(render_language(measure_language(options.data, language, head)), flush=True)
    return 0


def _sites(options: argparse.Namespace) -> int:
    find = _find_fold(options)
    documents = load_typed_documents(options.data)
    print(render_sites(measure_sites(documents, lambda site: find(fold_of(site)))))
    return 0


def _about_speed(peers: Mapping[str, Peer]) -> dict[str, Any]:
    versions = {name: f" {peer.version}" for name, peer in peers.items() if peer.version != "-"}
    theirs = {name: SYSTEMS[name].label + versions.get(name, "") for name in peers}
    ours = {name: f"{row.label} {__version__}" for name, row in OUR_ROWS.items()}
    yardstick = {YARDSTICK: "one lxml parse"}
    return {
        "date": _now().isoformat(timespec="minutes"),
        "machine": machine(),
        "systems": {**yardstick, **ours, **theirs},
    }


def _peers(options: argparse.Namespace) -> dict[str, Peer]:
    found = find_peers([sys.executable, *options.python])
    return {name: found[name] for name in options.systems if name in found}


def _fold_cleaners(options: argparse.Namespace) -> CleanerSource:
    return CleanerSource(_find_fold(options))


def _find_fold(options: argparse.Namespace) -> Callable[[int], Path]:
    from boilerkit.train.fingerprint import fingerprint

    folder = options.folds or cache_folder() / "folds" / options.release.name
    return fold_models(folder, options.release, options.data, fingerprint(options.data))


def _stem(folder: Path, kind: str) -> Path:
    """Return a dated file name without its ending."""
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{kind}-{_now().strftime('%Y-%m-%dT%H%M%S')}"


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)


if __name__ == "__main__":
    sys.exit(main())
