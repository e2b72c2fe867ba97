"""Labels, lines, documents and configurations as values: text, JSON, equality, limits."""

from __future__ import annotations

import dataclasses
import json
import pickle
from typing import Any

import pytest

from boilerkit import CleanConfig, Cleaner, ConfigError, Label, Role
from boilerkit.labels import CHROME_LABELS


class TestLabel:
    @pytest.mark.parametrize("label", [*Label, *Role])
    def test_reads_as_its_bare_value_everywhere(self, label: Label | Role) -> None:
        assert str(label) == f"{label}" == f"{label:s}" == "%s" % label == label.value
        assert json.dumps([label]) == f'["{label.value}"]'
        assert json.dumps({label: 1}) == f'{{"{label.value}": 1}}'
        assert f"{label:>20}" == label.value.rjust(20)

    def test_equals_its_value(self) -> None:
        assert Label.DONATION == "donation"
        assert Label("donation") is Label.DONATION
        assert "donation" in {Label.DONATION}

    def test_chrome_is_everything_but_content(self) -> None:
        assert set(CHROME_LABELS) == set(Label) - {Label.CONTENT}


class TestLine:
    def test_cannot_be_changed(self, toy: Cleaner) -> None:
        (line,) = toy.classify_text("One.").lines
        with pytest.raises(dataclasses.FrozenInstanceError):
            line.text = "Two."  # type: ignore[misc]

    def test_is_content_exactly_when_its_label_is(self, toy: Cleaner) -> None:
        lines = toy.classify_text("One.\nTwo!!!\n***").lines
        assert [line.is_content for line in lines] == [True, False, False]


class TestDocument:
    def test_is_equal_for_equal_texts(self, toy: Cleaner) -> None:
        assert toy.classify_text("One.\nTwo!!!") == toy.classify_text("One.\nTwo!!!")
        assert toy.classify_text("One.") != toy.classify_text("One?")

    def test_json_is_one_line_that_reads_back(self, toy: Cleaner) -> None:
        document = toy.classify_text("Zwölf “Boxkämpfer”\n𝒜 @!!!\r\n")
        text = document.to_json()
        assert "\n" not in text
        assert "Zwölf" in text
        assert json.loads(text) == document.to_dict()

    def test_renders_text(self, toy: Cleaner) -> None:
        document = toy.classify_text("One.\nTwo!!!")
        assert document.render() == document.render("text") == document.text == "One."

    def test_refuses_an_unknown_format(self, toy: Cleaner) -> None:
        with pytest.raises(ConfigError, match="'word'.*text, markdown, markdown\\+links"):
            toy.classify_text("One.").render("word")
        with pytest.raises(ConfigError, match="'word'.*text"):
            toy.extract("<p>One.", format="word")

    def test_names_backend_and_model(self, toy: Cleaner) -> None:
        document = toy.classify_text("One.")
        assert (document.backend, document.model) == ("model", "toy 1.0")
        fallback = Cleaner(model="heuristic").classify_text("One.")
        assert fallback.backend == "heuristic"

    def test_is_shown_in_one_line(self) -> None:
        document = Cleaner(model="heuristic").classify_text("One line of a text.\n" * 40)
        kept = sum(line.kept for line in document.lines)
        assert repr(document).startswith(f"Document(41 lines, {kept} kept, title=''")
        assert len(repr(document).splitlines()) == 1
        assert len(repr(document)) < 120


class TestConfig:
    def test_takes_names_and_labels_alike(self) -> None:
        named = CleanConfig(keep=["byline"], roles=["quote"])
        assert named == CleanConfig(keep=(Label.BYLINE,), roles={Role.QUOTE})
        assert hash(named) == hash(CleanConfig(keep=["byline"], roles=["quote"]))
        assert named.keep == frozenset([Label.BYLINE])

    def test_cannot_be_changed(self) -> None:
        with pytest.raises(dataclasses.FrozenInstanceError):
            CleanConfig().operating_point = "greedy"  # type: ignore[misc]

    def test_equal_ones_have_equal_pickles(self) -> None:
        one, other = CleanConfig(keep=CHROME_LABELS), CleanConfig(keep=CHROME_LABELS[::-1])
        assert pickle.dumps(one) == pickle.dumps(other)
        assert pickle.loads(pickle.dumps(one)) == one
        dropping = CleanConfig(drop=["legal"], roles=["quote"], max_bytes=None)
        assert pickle.loads(pickle.dumps(dropping)) == dropping

    def test_can_be_replaced(self) -> None:
        config = dataclasses.replace(CleanConfig(keep=["legal"]), operating_point="greedy")
        assert config == CleanConfig(keep=["legal"], operating_point="greedy")

    def test_keeps_no_chrome_by_default(self) -> None:
        assert CleanConfig().kept_labels == frozenset()

    def test_drop_names_the_only_labels_that_go(self) -> None:
        kept = CleanConfig(drop=["donation"]).kept_labels
        assert kept == frozenset(CHROME_LABELS) - {Label.DONATION}

    def test_an_empty_drop_drops_nothing(self) -> None:
        assert CleanConfig(drop=[]).kept_labels == frozenset(CHROME_LABELS)

    def test_zero_bytes_are_a_limit(self) -> None:
        assert CleanConfig(max_bytes=0).max_bytes == 0
        assert CleanConfig(max_bytes=None).max_bytes is None

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"keep": ["donations"]}, "'donations'.*keep.*donation, subscription"),
            ({"drop": ["ads"]}, "'ads'.*drop.*advertisement"),
            ({"drop": ["content"]}, "content"),
            ({"keep": ["legal"], "drop": ["social"]}, "keep and drop"),
            ({"operating_point": "bold"}, "'bold'.*careful, balanced, greedy"),
            ({"roles": ["headline"]}, "'headline'.*roles.*title, standfirst"),
            ({"max_bytes": -1}, "max_bytes.*-1"),
            ({"max_lines": 0}, "max_lines must be 1 or more, not 0"),
        ],
    )
    def test_refuses_unknown_names_and_says_what_exists(
        self, settings: dict[str, Any], message: str
    ) -> None:
        with pytest.raises(ConfigError, match=message):
            CleanConfig(**settings)

    @pytest.mark.parametrize(
        "settings",
        [
            {"keep": "donation"},
            {"keep": None},
            {"drop": 3},
            {"roles": "title"},
            {"operating_point": 1},
            {"operating_point": None},
            {"max_bytes": "1"},
            {"max_bytes": 1.5},
            {"max_bytes": True},
            {"max_lines": 2.0},
            {"max_lines": False},
        ],
    )
    def test_refuses_a_wrong_type_and_names_the_setting(self, settings: dict[str, Any]) -> None:
        (name,) = settings
        with pytest.raises(TypeError, match=name):
            CleanConfig(**settings)


class TestWrongArguments:
    @pytest.mark.parametrize("text", [None, b"One.", 1, ["One."]])
    def test_text_must_be_str(self, toy: Cleaner, text: Any) -> None:
        for method in (toy.clean, toy.classify_text):
            with pytest.raises(TypeError, match=f"text.*{type(text).__name__}"):
                method(text)

    @pytest.mark.parametrize("html", [None, 1, ["<p>"], object()])
    def test_html_must_be_str_bytes_or_element(self, toy: Cleaner, html: Any) -> None:
        for method in (toy.extract, toy.classify_html):
            with pytest.raises(TypeError, match=f"html.*{type(html).__name__}"):
                method(html)

    @pytest.mark.parametrize("name", ["url", "charset", "format"])
    def test_names_must_be_str(self, toy: Cleaner, name: str) -> None:
        with pytest.raises(TypeError, match=f"{name}.*int"):
            toy.extract("<p>One.", **{name: 1})

    def test_config_must_be_a_config(self) -> None:
        from boilerkit import clean

        with pytest.raises(TypeError, match="config.*dict"):
            Cleaner(config={"keep": []})  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="config.*dict"):
            clean("One.", config={})  # type: ignore[arg-type]

    def test_model_must_be_a_name_or_folder(self) -> None:
        with pytest.raises(TypeError, match="model.*int"):
            Cleaner(model=1)  # type: ignore[arg-type]
