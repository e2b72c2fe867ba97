"""Model folders: what is refused and how, and that the packaged model is the released one."""

from __future__ import annotations

import hashlib
import io
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fresh_python import run_python
from toy_model import npz_bytes, toy_arrays, toy_config, write_model, write_toy_model, zip_bytes

import boilerkit
from boilerkit import Cleaner, ConfigError, ModelError
from boilerkit.backends import DEFAULT_MODEL
from boilerkit.config import OPERATING_POINTS
from boilerkit.model import load_model

MAX_MODEL_BYTES = 3_000_000


def refused(folder: Path) -> str:
    """Return the message with which a folder is refused, by the loader and by Cleaner alike."""
    with pytest.raises(ModelError) as error:
        load_model(folder)
    with pytest.raises(ModelError):
        Cleaner(model=folder)
    return str(error.value)


class TestMissing:
    @pytest.mark.parametrize("name", ["boilerkit-99", "Heuristic", "..", " ", "toy"])
    def test_an_unknown_name_is_a_config_error_that_lists_what_exists(self, name: str) -> None:
        with pytest.raises(ConfigError, match="heuristic") as error:
            Cleaner(model=name)
        assert repr(name) in str(error.value)
        assert DEFAULT_MODEL in str(error.value)

    def test_so_is_an_empty_name(self) -> None:
        with pytest.raises(ConfigError, match="model"):
            Cleaner(model="")

    def test_so_is_a_folder_that_is_not_there(self, tmp_path: Path) -> None:
        for model in (tmp_path / "none", str(tmp_path / "none")):
            with pytest.raises(ConfigError, match="none"):
                Cleaner(model=model)

    def test_a_folder_can_be_named_by_path_or_text(self, toy_folder: Path) -> None:
        assert Cleaner(model=toy_folder).clean("One\ntwo!!!") == "One"
        assert Cleaner(model=str(toy_folder)).clean("One\ntwo!!!") == "One"


class TestDamaged:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return write_toy_model(tmp_path / "model")

    def test_an_undamaged_one_loads(self, folder: Path) -> None:
        assert load_model(folder).name == "toy"

    def test_no_weights(self, folder: Path) -> None:
        (folder / "weights.npz").unlink()
        assert "weights.npz" in refused(folder)

    @pytest.mark.parametrize("share", [0, 0.001, 0.5, 0.999])
    @pytest.mark.parametrize("name", ["weights.npz", "config.json"])
    def test_truncated(self, folder: Path, name: str, share: float) -> None:
        path = folder / name
        data = path.read_bytes()
        path.write_bytes(data[: int(len(data) * share)])
        assert name in refused(folder)

    def test_flipped_bits_of_the_weights_are_refused_with_the_checksum(self, folder: Path) -> None:
        path = folder / "weights.npz"
        data = bytearray(path.read_bytes())
        for place in range(0, len(data), len(data) // 40):
            data[place] ^= 1 << place % 8
            path.write_bytes(data)
            assert hashlib.sha256(data).hexdigest() in refused(folder)
            data[place] ^= 1 << place % 8

    def test_a_flipped_bit_of_the_settings_never_changes_an_answer(self, folder: Path) -> None:
        path = folder / "config.json"
        intact = load_model(folder)
        heads = path.read_bytes().index(b'"heads"')
        data = bytearray(path.read_bytes())
        for place in [*range(0, len(data), 97), *range(heads, heads + 300)]:
            data[place] ^= 1
            path.write_bytes(data)
            try:
                found = load_model(folder)
            except ModelError:
                pass
            else:
                assert settings_of(found) == settings_of(intact), bytes(
                    data[place - 20 : place + 20]
                )
            data[place] ^= 1

    @pytest.mark.parametrize("content", [b"", b"null", b"[]", b"3", b"\xff", b"[" * 100_000, b"{"])
    def test_settings_that_are_none(self, folder: Path, content: bytes) -> None:
        (folder / "config.json").write_bytes(content)
        refused(folder)

    def test_a_folder_in_place_of_a_file(self, folder: Path) -> None:
        (folder / "weights.npz").unlink()
        (folder / "weights.npz").mkdir()
        refused(folder)

    def test_settings_of_another_model(self, folder: Path) -> None:
        arrays = toy_arrays()
        arrays["text_second_value"] += 1
        other = write_model(folder.with_name("other"), toy_config(), npz_bytes(arrays))
        (folder / "config.json").write_bytes((other / "config.json").read_bytes())
        assert "SHA-256" in refused(folder)


def settings_of(model: Any) -> list[Any]:
    heads = [
        (head.slope, head.intercept, dict(head.cuts), head.forest.bias, head.forest.depth)
        for _, head in sorted(model.heads.items())
    ]
    return [model.vocabulary, heads]


def without(key: str) -> Callable[[dict[str, Any]], None]:
    return lambda config: config.pop(key)


def setting(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    """Return a change that sets ``a.b.c`` of a configuration."""

    def change(config: dict[str, Any]) -> None:
        *outer, last = path.split(".")
        for key in outer:
            config = config[key]
        config[last] = value

    return change


CHANGED_SETTINGS = {
    "no format version": without("format_version"),
    "a future format": setting("format_version", 2),
    "a format that is no number": setting("format_version", "1"),
    "no columns": without("columns"),
    "columns that are a list": setting("columns", []),
    "a column less": lambda config: config["columns"]["html"].pop(),
    "columns in another order": lambda config: config["columns"]["text"].reverse(),
    "columns of one input only": lambda config: config["columns"].pop("text"),
    "other kinds": lambda config: config["kinds"].pop(),
    "no kinds": without("kinds"),
    "no heads": without("heads"),
    "heads that are a list": setting("heads", []),
    "a head less": lambda config: config["heads"].pop("html"),
    "no cuts": lambda config: config["heads"]["text"].pop("cuts"),
    "cuts that are a list": setting("heads.text.cuts", [0.1, 0.2, 0.3]),
    "a cut less": lambda config: config["heads"]["text"]["cuts"].pop("careful"),
    "a cut that is no number": setting("heads.text.cuts.greedy", "high"),
    "a cut that is not a probability": setting("heads.text.cuts.greedy", 7),
    "cuts in the wrong order": setting("heads.html.cuts.careful", 0.99),
    "no weight of length": lambda config: config["heads"]["text"].pop("length"),
    "no weight of the document": lambda config: config["heads"]["html"].pop("document"),
    "a length that raises the cut": setting("heads.text.length", -0.1),
    "a slope that is no number": setting("heads.html.slope", None),
    "a slope that is not finite": setting("heads.html.slope", float("nan")),
    "a slope that turns scores round": setting("heads.html.slope", -1.0),
    "a bias that is not finite": setting("heads.text.first.bias", float("inf")),
    "a depth without end": setting("heads.text.second.depth", 10**12),
    "a depth that is not finite": setting("heads.html.first.depth", float("inf")),
    "a negative depth": setting("heads.text.second.depth", -1),
    "no vocabulary": without("vocabulary"),
    "a larger vocabulary": setting("vocabulary", ["footer", "nav", "aside"]),
    "a vocabulary that repeats itself": setting("vocabulary", ["nav", "nav"]),
    "a vocabulary of numbers": setting("vocabulary", 2),
    "no name": without("name"),
}


@pytest.mark.parametrize("change", CHANGED_SETTINGS.values(), ids=CHANGED_SETTINGS.keys())
def test_settings_that_do_not_fit_are_refused(
    tmp_path: Path, change: Callable[[dict[str, Any]], None]
) -> None:
    config = toy_config()
    change(config)
    refused(write_model(tmp_path / "model", config, npz_bytes(toy_arrays())))


def replaced(name: str, change: Callable[[Any], Any]) -> Callable[[dict[str, Any]], None]:
    def apply(arrays: dict[str, Any]) -> None:
        arrays[name] = change(arrays[name])

    return apply


def one_phrase(concept: int) -> Callable[[dict[str, Any]], None]:
    def apply(arrays: dict[str, Any]) -> None:
        arrays["phrases"] = np.array([7], np.uint64)
        arrays["masks"] = np.array([1], np.int64)
        arrays["concepts"] = np.array([concept], np.int64)

    return apply


def at(place: int, value: float) -> Callable[[Any], Any]:
    def change(array: Any) -> Any:
        changed = array.copy()
        changed[place] = value
        return changed

    return change


CHANGED_ARRAYS = {
    "an array less": lambda arrays: arrays.pop("html_second_roots"),
    "a root outside": replaced("text_second_roots", at(0, 7)),
    "a negative root": replaced("text_second_roots", at(0, -1)),
    "a child outside": replaced("text_second_children", at(0, 7)),
    "a negative child": replaced("html_second_children", at(3, -1)),
    "a column outside": replaced("html_second_feature", at(0, 30_000)),
    "a negative column": replaced("html_second_feature", at(0, -1)),
    "a threshold less": replaced("text_second_threshold", lambda array: array[:-1]),
    "a value less": replaced("text_second_value", lambda array: array[:-1]),
    "a child less": replaced("text_second_children", lambda array: array[:-1]),
    "nodes in a square": replaced("text_second_value", lambda array: array[:, None]),
    "children that are no integers": replaced(
        "text_second_children", lambda a: a.astype(np.float32)
    ),
    "columns that are no integers": replaced("text_second_feature", lambda a: a.astype(np.float32)),
    "values that are text": replaced("text_second_value", lambda array: array.astype("U9")),
    "a value that is not finite": replaced("text_second_value", at(1, np.nan)),
    "a bucket less": replaced("word_kinds_q", lambda array: array[:-1]),
    "a kind less": replaced("word_kinds_q", lambda array: array[:, :-1]),
    "words of content with a bucket less": replaced("word_content_q", lambda array: array[:-1]),
    "words of content in two columns": replaced("word_content_q", lambda a: np.hstack([a, a])),
    "words of texts with a bucket less": replaced("text_kinds_q", lambda array: array[:-1]),
    "words of texts with a kind less": replaced("text_kinds_q", lambda array: array[:, :-1]),
    "names with a row less": replaced("name_content_q", lambda array: array[:-1]),
    "names with a row more": replaced("name_content_q", lambda array: np.vstack([array, array])),
    "names in one dimension": replaced("name_content_q", lambda array: array[:, 0]),
    "means of other columns": replaced("text_mean", lambda array: array[:-1]),
    "scales of other columns": replaced("html_scale", lambda array: array[:-1]),
    "a network without a bias": replaced("text_direct", lambda array: array[:-1]),
    "a network of other kinds": replaced("text_direct", lambda array: array[:, :-1]),
    "a network of two widths": replaced("html_inward", lambda array: array[:, :-1]),
    "layers of another width": replaced("text_layers", lambda array: array[:, :-1]),
    "layers in two dimensions": replaced("text_layers", lambda array: array[0]),
    "more layers than any text is long": replaced("text_layers", lambda a: np.repeat(a, 99, 0)),
    "a way out to other kinds": replaced("html_outward", lambda array: array[:, :-1]),
    "a way out in one dimension": replaced("html_outward", lambda array: array[0]),
    "a negative length of stems": replaced("stem_lengths", lambda _: np.array([-1, 5])),
    "a length of stems that overflows": replaced(
        "stem_lengths", lambda _: np.array([3, 2**63 - 1])
    ),
    "lengths of stems in another order": replaced("stem_lengths", lambda _: np.array([5, 3])),
    "lengths of stems without end": replaced("stem_lengths", lambda _: np.arange(1, 10**6)),
    "concepts of other phrases": replaced("concepts", lambda _: np.zeros(1, np.int64)),
    "concepts of another type": replaced("concepts", lambda array: array.astype(np.int32)),
    "concepts that are no bits": one_phrase(-1),
}


@pytest.mark.parametrize("change", CHANGED_ARRAYS.values(), ids=CHANGED_ARRAYS.keys())
def test_arrays_that_do_not_fit_are_refused(
    tmp_path: Path, change: Callable[[dict[str, Any]], None]
) -> None:
    arrays = toy_arrays()
    change(arrays)
    refused(write_model(tmp_path / "model", toy_config(), npz_bytes(arrays)))


FLOAT_ARRAYS = sorted(name for name, array in toy_arrays().items() if array.dtype.kind == "f")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e300])
@pytest.mark.parametrize("name", FLOAT_ARRAYS)
def test_numbers_that_are_not_finite_are_refused(tmp_path: Path, name: str, value: float) -> None:
    arrays = toy_arrays()
    arrays[name] = arrays[name].astype(np.float64)
    arrays[name].flat[0] = value
    said = refused(write_model(tmp_path / "model", toy_config(), npz_bytes(arrays)))
    assert name in said


def test_lengths_of_stems_that_rise_are_taken(tmp_path: Path) -> None:
    arrays = toy_arrays()
    arrays["stem_lengths"] = np.array([3, 5, 100])
    model = load_model(write_model(tmp_path / "model", toy_config(), npz_bytes(arrays)))
    assert model.lexicon.stem_lengths == (3, 5, 100)


def test_a_leaf_may_have_an_infinite_threshold_and_none_that_is_no_number(tmp_path: Path) -> None:
    arrays = toy_arrays()
    leaf = int(arrays["text_second_children"][-1])
    for value in (np.inf, -np.inf, 0.0):
        arrays["text_second_threshold"][leaf] = value
        load_model(write_model(tmp_path / "model", toy_config(), npz_bytes(arrays)))
    arrays["text_second_threshold"][leaf] = np.nan
    refused(write_model(tmp_path / "model", toy_config(), npz_bytes(arrays)))


@pytest.mark.parametrize("scale", [1e30, -1e30])
def test_scales_that_weights_overflow_with_are_refused(tmp_path: Path, scale: float) -> None:
    arrays = toy_arrays()
    arrays["word_kinds_scale"][0] = scale
    assert "word_kinds" in refused(write_model(tmp_path / "model", toy_config(), npz_bytes(arrays)))


NUMBERS = [
    f"heads.{kind}.{name}"
    for kind in ("html", "text")
    for name in (
        "slope",
        "intercept",
        "length",
        "document",
        "first.bias",
        "first.depth",
        "second.bias",
        "second.depth",
    )
] + [f"heads.{kind}.cuts.{point}" for kind in ("html", "text") for point in OPERATING_POINTS]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), 10**400])
@pytest.mark.parametrize("path", NUMBERS)
def test_settings_that_are_not_finite_are_refused(tmp_path: Path, path: str, value: float) -> None:
    config = toy_config()
    setting(path, value)(config)
    refused(write_model(tmp_path / "model", config, npz_bytes(toy_arrays())))


def npy_bytes(array: Any) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


BROKEN_ARCHIVES = {
    "nothing": b"",
    "no archive": b"weights",
    "an archive of nothing": zip_bytes({}),
    "an array in place of an archive": npy_bytes(np.zeros(3)),
    "members that are no arrays": zip_bytes({f"{name}.npy": b"0" for name in toy_arrays()}),
    "a member cut short": zip_bytes({"word_kinds_q.npy": npy_bytes(np.zeros(99))[:-9]}),
    "a member that claims to be huge": zip_bytes(
        {
            "word_kinds_q.npy": npy_bytes(np.zeros(9)).replace(
                b"(9,), }       ", b"(9000000000000,)}"
            )
        }
    ),
    "a pickle in place of an archive": pickle.dumps({"word_kinds_q": 1}),
}


@pytest.mark.parametrize("weights", BROKEN_ARCHIVES.values(), ids=BROKEN_ARCHIVES.keys())
def test_weights_that_are_no_arrays_are_refused(tmp_path: Path, weights: bytes) -> None:
    refused(write_model(tmp_path / "model", toy_config(), weights))


class Canary:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


class TestPickles:
    def test_the_canary_sings(self, tmp_path: Path) -> None:
        pickle.loads(pickle.dumps(Canary(tmp_path / "canary")))
        assert (tmp_path / "canary").exists()

    @pytest.mark.parametrize("name", sorted(toy_arrays()))
    def test_a_pickled_array_is_refused_and_never_opened(self, tmp_path: Path, name: str) -> None:
        arrays = toy_arrays()
        arrays[name] = np.array([Canary(tmp_path / "canary")], dtype=object)
        weights = npz_bytes(arrays, allow_pickle=True)
        refused(write_model(tmp_path / "model", toy_config(), weights))
        assert not (tmp_path / "canary").exists()

    def test_a_pickle_in_place_of_weights_is_never_opened(self, tmp_path: Path) -> None:
        weights = pickle.dumps(Canary(tmp_path / "canary"))
        refused(write_model(tmp_path / "model", toy_config(), weights))
        assert not (tmp_path / "canary").exists()

    def test_a_surplus_pickle_is_never_opened(self, tmp_path: Path) -> None:
        surplus = np.array([Canary(tmp_path / "canary")], dtype=object)
        weights = npz_bytes({**toy_arrays(), "surplus": surplus}, allow_pickle=True)
        folder = write_model(tmp_path / "model", toy_config(), weights)
        try:
            load_model(folder)
        except ModelError:
            pass
        assert not (tmp_path / "canary").exists()


class TestPackagedModel:
    @pytest.fixture
    def packaged(self) -> Path:
        return Path(boilerkit.__file__).parent / "data" / DEFAULT_MODEL

    def test_is_a_copy_of_the_released_one(self, packaged: Path, root: Path) -> None:
        released = root / "models" / DEFAULT_MODEL
        names = sorted(path.name for path in released.iterdir())
        assert names == sorted(path.name for path in packaged.iterdir())
        assert {"card.json", "config.json", "weights.npz"} <= set(names)
        for name in names:
            assert (packaged / name).read_bytes() == (released / name).read_bytes(), name

    def test_is_small(self, packaged: Path) -> None:
        assert sum(path.stat().st_size for path in packaged.iterdir()) < MAX_MODEL_BYTES

    def test_has_a_changelog_entry(self, root: Path) -> None:
        assert DEFAULT_MODEL in (root / "models" / "CHANGELOG.md").read_text(encoding="utf-8")

    def test_has_a_card_that_credits_its_data(self, packaged: Path) -> None:
        card = json.loads((packaged / "card.json").read_text(encoding="utf-8"))
        assert any("WCXB" in credit and "CC-BY-4.0" in credit for credit in card["data"])
        assert {"commit", "data_sha256", "date", "out_of_fold", "versions"} <= set(card)
        assert card["name"] == DEFAULT_MODEL

    def test_names_no_file_of_the_machine_it_was_made_on(self, packaged: Path) -> None:
        for name in ("card.json", "config.json"):
            text = (packaged / name).read_text(encoding="utf-8")
            assert "/home/" not in text
            assert str(Path.home()) not in text

    def test_has_cuts_in_order(self) -> None:
        for head in load_model(DEFAULT_MODEL).heads.values():
            careful, balanced, greedy = (head.cuts[point].score for point in OPERATING_POINTS)
            assert 0 < careful <= balanced <= greedy < 1


def test_loading_opens_no_network_and_writes_no_file(toy_folder: Path) -> None:
    program = (
        "import sys\n"
        "def refuse(event, args):\n"
        "    writes = event == 'open' and isinstance(args[1], str) and set(args[1]) & set('wax+')\n"
        "    if writes or event.startswith('socket.') or event == 'pickle.find_class':\n"
        "        raise SystemExit(f'{event} {args}')\n"
        "from boilerkit.model import load_model\n"
        "sys.addaudithook(refuse)\n"
        f"load_model({str(toy_folder)!r})\n"
    )
    done = run_python(program)
    assert (done.returncode, done.stderr) == (0, "")
