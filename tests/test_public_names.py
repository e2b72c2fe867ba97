"""A snapshot of the public names: a change here is a change for every user."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from enum import Enum
from typing import Any

import pytest

import boilerkit
from boilerkit import CleanConfig, Cleaner, Document, Label, Line, Part, Result, Role, SiteProfile

CONFIG = {
    "keep": "()",
    "drop": "None",
    "operating_point": "'balanced'",
    "max_bytes": "50000000",
    "max_lines": "125000",
    "split_sentences": "False",
}
LINE_ATTRIBUTES = {
    "text",
    "label",
    "is_content",
    "kept",
    "score",
    "reason",
    "role",
    "start",
    "end",
    "parts",
    "to_dict",
}
DOCUMENT_ATTRIBUTES = {
    "lines",
    "text",
    "title",
    "truncated",
    "backend",
    "model",
    "render",
    "to_dict",
    "to_json",
}
LABELS = (
    "content donation subscription newsletter account consent advertisement social comments "
    "related navigation legal byline interface empty"
).split()
ROLES = "title standfirst heading paragraph list_item table_row caption quote code text".split()


def parameters(function: Callable[..., Any]) -> list[str]:
    """Return parameters as ``name``, ``name=default`` or ``*, name=default``, without self."""
    shown = []
    for name, parameter in inspect.signature(function).parameters.items():
        if name == "self":
            continue
        default = "" if parameter.default is parameter.empty else f"={parameter.default!r}"
        star = "*, " if parameter.kind is parameter.KEYWORD_ONLY else ""
        shown.append(f"{star}{name}{default}")
    return shown


def public(thing: object) -> set[str]:
    return {name for name in dir(thing) if not name.startswith("_")}


def test_the_package_exports_these_names() -> None:
    assert sorted(boilerkit.__all__) == [
        "BoilerkitError",
        "BoilerkitWarning",
        "CleanConfig",
        "Cleaner",
        "ConfigError",
        "DecodeError",
        "Document",
        "Label",
        "Line",
        "MissingDependencyError",
        "ModelError",
        "Part",
        "Result",
        "Role",
        "SiteProfile",
        "__version__",
        "classify_html",
        "classify_text",
        "clean",
        "extract",
    ]


def test_every_exported_name_is_there_and_documented() -> None:
    for name in boilerkit.__all__:
        assert inspect.getdoc(getattr(boilerkit, name)), name


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (
            boilerkit.extract,
            [
                "html",
                "*, url=None",
                "*, charset=None",
                "*, format='text'",
                "*, config=None",
            ],
        ),
        (boilerkit.clean, ["text", "*, config=None"]),
        (
            boilerkit.classify_html,
            ["html", "*, url=None", "*, charset=None", "*, config=None"],
        ),
        (boilerkit.classify_text, ["text", "*, config=None"]),
        (Cleaner, ["*, config=None", "*, model=None", "*, site=None"]),
        (Cleaner.extract, ["html", "*, url=None", "*, charset=None", "*, format='text'"]),
        (Cleaner.clean, ["text"]),
        (Cleaner.classify_html, ["html", "*, url=None", "*, charset=None"]),
        (Cleaner.classify_text, ["text"]),
        (
            Cleaner.map,
            ["items", "*, input='html'", "*, output='text'", "*, n_jobs=-1"],
        ),
        (Document.render, ["format='text'"]),
        (SiteProfile, []),
        (SiteProfile.fit, ["texts"]),
        (SiteProfile.partial_fit, ["texts"]),
        (SiteProfile.save, ["path"]),
        (SiteProfile.load, ["path"]),
    ],
)
def test_signatures(function: Callable[..., Any], expected: list[str]) -> None:
    assert parameters(function) == expected


def test_a_cleaner_has_these_members() -> None:
    assert public(Cleaner) == {
        "backend",
        "classify_html",
        "classify_text",
        "clean",
        "config",
        "extract",
        "map",
    }


def test_a_config_has_these_settings_by_keyword_only() -> None:
    shown = dict(item.removeprefix("*, ").split("=", 1) for item in parameters(CleanConfig))
    assert set(shown) == {*CONFIG, "roles"}
    assert {name: shown[name] for name in CONFIG} == CONFIG
    assert all(item.startswith("*, ") for item in parameters(CleanConfig))


def test_a_config_prints_all_roles_but_title_and_caption() -> None:
    assert CleanConfig().roles == {role for role in Role if role.value not in ("title", "caption")}


def test_a_line_has_these_attributes() -> None:
    assert public(Line) == LINE_ATTRIBUTES


def test_a_part_has_these_attributes() -> None:
    assert public(Part) == {"label", "kept", "score", "start", "end", "to_dict"}


def test_a_document_has_these_attributes() -> None:
    assert public(Document) == DOCUMENT_ATTRIBUTES


def test_a_result_has_these_attributes() -> None:
    assert public(Result) == {"id", "value", "error"}


@pytest.mark.parametrize("record", [Line, Part, Document, Result, CleanConfig])
def test_records_are_frozen(record: type) -> None:
    assert record.__dataclass_params__.frozen  # type: ignore[attr-defined]


def test_a_dictionary_of_a_line_holds_every_attribute(toy: Cleaner) -> None:
    (line,) = toy.classify_text("Donate!!! @").lines
    assert line.to_dict() == {
        "text": "Donate!!! @",
        "label": "donation",
        "is_content": False,
        "kept": False,
        "score": 0.05,
        "reason": "model",
        "role": "text",
        "start": 0,
        "end": 11,
        "parts": [],
    }


def test_a_dictionary_of_a_document_holds_every_field(toy: Cleaner) -> None:
    document = toy.classify_text("One.")
    names = {field.name for field in dataclasses.fields(Document)}
    assert set(document.to_dict()) == {name for name in names if not name.startswith("_")}


@pytest.mark.parametrize(("names", "expected"), [(Label, LABELS), (Role, ROLES)])
def test_labels_and_roles(names: type[Enum], expected: list[str]) -> None:
    assert [member.value for member in names] == expected


@pytest.mark.parametrize(
    ("error", "bases"),
    [
        (boilerkit.ConfigError, (boilerkit.BoilerkitError, ValueError)),
        (boilerkit.DecodeError, (boilerkit.BoilerkitError,)),
        (boilerkit.ModelError, (boilerkit.BoilerkitError,)),
        (boilerkit.MissingDependencyError, (boilerkit.BoilerkitError, ImportError)),
        (boilerkit.BoilerkitWarning, (UserWarning,)),
    ],
)
def test_errors_have_these_bases(error: type[Exception], bases: tuple[type, ...]) -> None:
    assert all(issubclass(error, base) for base in bases)
