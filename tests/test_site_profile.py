"""Lines that recur over a site's pages are its chrome."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest

from boilerkit import Cleaner, ConfigError, SiteProfile, site_profile

STORIES = (
    "The ferry left at noon.",
    "The piano arrived by night.",
    "The bridge hums in the wind.",
    "A cat was rescued from the weir.",
)
PAGES = [
    f"Menu\n{story}\n{number} comments\nOld Mill Lane!" for number, story in enumerate(STORIES)
]

REPORTERS = ("Ada Brook", "Jan Dyk", "Mary Sand Hill", "Ole Strand")
MONTHS = ("enero", "marzo", "mayo", "agosto")
# A site of which nothing stands twice in the same words.
ISLAND_PAGES = [
    f"You have read {number + 1} of your 20 free stories this month.\n"
    f"Written by {reporter} for the readers of the island\n"
    f"{story} It belonged to {reporter}, who was not amused.\n"
    f"Last changed on {number + 3} de {month} de 20{number + 20} by the night desk\n"
    f"{reporter} is one of our reporters and lives on the island."
    for number, (story, reporter, month) in enumerate(zip(STORIES, REPORTERS, MONTHS, strict=True))
]


class TestShare:
    @pytest.mark.parametrize(
        ("line", "share"),
        [
            ("Menu", 1),
            ("  - MENU ", 1),
            ("The ferry left at noon.", 0),
            ("117 comments", 1),
            ("1,204.5 comments", 1),
            ("comments", 0),
            ("Never seen", 0),
            ("", 0),
        ],
    )
    def test_of_a_line_on_every_page_and_on_one(self, line: str, share: float) -> None:
        assert SiteProfile().fit(PAGES).share(line) == share

    @pytest.mark.parametrize(("n_with", "share"), [(1, 0), (2, 0), (3, 0.3), (4, 0.4), (10, 1)])
    def test_of_a_line_on_some_of_ten_pages(self, n_with: int, share: float) -> None:
        texts = ["Menu\nOne"] * n_with + ["Two"] * (10 - n_with)
        assert SiteProfile().fit(texts).share("Menu") == pytest.approx(share)

    def test_a_line_twice_on_a_page_counts_once(self) -> None:
        assert SiteProfile().fit(["Menu\nMenu\nOne", "Two"]).share("Menu") == 0

    def test_one_page_says_nothing(self) -> None:
        assert SiteProfile().fit(PAGES[:1]).share("Menu") == 0

    def test_dates_and_names_that_change_do_not_make_another_line(self) -> None:
        profile = SiteProfile().fit(ISLAND_PAGES)
        for line in (
            "Written by Ada Brook for the readers of the island",
            "Last changed on 30 de junio de 2031 by the night desk",
            "Piet Vos is one of our reporters and lives on the island.",
            "You have read 11 of your 20 free stories this month.",
        ):
            assert profile.share(line) == 1, line

    def test_stories_with_a_name_in_them_do_not_recur(self) -> None:
        profile = SiteProfile().fit(ISLAND_PAGES)
        for page in ISLAND_PAGES:
            story = page.split("\n")[2]
            assert profile.share(story) == 0, story

    def test_headings_of_names_have_only_their_frame_in_common(self) -> None:
        titles = ["The Old Mill", "The New Bridge", "The Last Ferry"]
        profile = SiteProfile().fit(titles)
        assert [profile.share(title) for title in titles] == [0, 0, 0]

    def test_long_lines_are_told_apart(self) -> None:
        long = "the tide came in and went out again, " * 20
        profile = SiteProfile().fit([f"{long}first", f"{long}second", f"{long}first"])
        assert profile.share(f"{long}first") == pytest.approx(2 / 3)
        assert profile.share(f"{long}second") == 0
        assert max(map(len, profile._counts)) <= site_profile._MAX_KEY_CHARS

    def test_nothing_learned(self) -> None:
        assert SiteProfile().share("Menu") == 0
        assert SiteProfile().fit([]).share("Menu") == 0


class TestLearning:
    def test_fit_forgets_what_was_learned(self) -> None:
        profile = SiteProfile().fit(["Menu", "Menu"]).fit(["Other", "Other"])
        assert (profile.n_pages, profile.share("Menu"), profile.share("Other")) == (2, 0, 1)

    def test_partial_fit_adds_to_it(self) -> None:
        profile = SiteProfile()
        for page in PAGES:
            assert profile.partial_fit([page]) is profile
        whole = SiteProfile().fit(iter(PAGES))
        assert profile.n_pages == whole.n_pages == len(PAGES)
        assert profile.share("7 comments") == whole.share("7 comments") == 1

    @pytest.mark.parametrize("texts", ["Menu", [1], [None], [b"Menu"], 3, None])
    def test_refuses_what_is_no_texts(self, texts: Any) -> None:
        with pytest.raises(TypeError):
            SiteProfile().fit(texts)

    def test_learns_from_documents_too(self, toy: Cleaner) -> None:
        pages = [f"<p>Menu</p><p>{story}</p>" for story in STORIES]
        profile = SiteProfile().fit(toy.classify_html(page) for page in pages)
        assert (profile.share("Menu"), profile.share(STORIES[0])) == (1, 0)

    def test_memory_is_bounded_and_what_recurs_survives(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(site_profile, "_MAX_KEYS", 50)
        profile = SiteProfile()
        for number in range(300):
            letters = "".join(chr(ord("a") + int(digit)) for digit in str(number))
            profile.partial_fit([f"Menu\nThe story of {letters}\nAnother one about {letters}"])
            assert len(profile._counts) <= 50
        assert profile.share("Menu") > 0.9
        assert profile.share("The story of bcd") == 0


class TestSaving:
    def test_a_saved_profile_answers_alike(self, tmp_path: Path) -> None:
        profile = SiteProfile().fit(PAGES)
        profile.save(tmp_path / "site.json")
        loaded = SiteProfile.load(str(tmp_path / "site.json"))
        assert loaded.n_pages == profile.n_pages
        for line in PAGES[0].split("\n"):
            assert loaded.share(line) == profile.share(line)

    def test_lines_that_stand_on_one_page_are_not_saved(self, tmp_path: Path) -> None:
        SiteProfile().fit(PAGES).save(tmp_path / "site.json")
        saved = (tmp_path / "site.json").read_text(encoding="utf-8").casefold()
        assert "menu" in saved
        assert "ferry" not in saved

    @pytest.mark.parametrize(
        "content",
        [
            "",
            "{",
            "[]",
            "3",
            "null",
            "{}",
            '{"format_version": 99, "pages": 1, "lines": {}}',
            '{"format_version": 1, "pages": "many", "lines": {}}',
            '{"format_version": 1, "pages": 1, "lines": [1]}',
            '{"format_version": 1, "pages": 1, "lines": {"a": null}}',
        ],
    )
    def test_another_file_is_refused_by_name(self, tmp_path: Path, content: str) -> None:
        path = tmp_path / "site.json"
        path.write_text(content, encoding="utf-8")
        with pytest.raises(ConfigError, match=r"site\.json"):
            SiteProfile.load(path)

    def test_bytes_that_are_no_text_are_refused(self, tmp_path: Path) -> None:
        (tmp_path / "site.json").write_bytes(b"\xff\xfe{}")
        with pytest.raises(ConfigError):
            SiteProfile.load(tmp_path / "site.json")

    def test_it_is_data(self, tmp_path: Path) -> None:
        SiteProfile().fit(PAGES).save(tmp_path / "site.json")
        assert json.loads((tmp_path / "site.json").read_text(encoding="utf-8"))["pages"] == 4


class TestCleaner:
    def test_a_line_that_recurs_is_less_likely_content(self, toy_folder: Path) -> None:
        text = "Old Mill Lane!\nThe ferry left at noon."
        plain = Cleaner(model=toy_folder)
        assert plain.clean(text) == text
        cleaner = Cleaner(model=toy_folder, site=SiteProfile().fit(PAGES))
        assert cleaner.clean(text) == "The ferry left at noon."
        recurring, story = cleaner.classify_text(text).lines
        before = plain.classify_text(text).lines
        assert recurring.score < before[0].score
        assert story == before[1]

    def test_pages_too(self, toy_folder: Path) -> None:
        cleaner = Cleaner(model=toy_folder, site=SiteProfile().fit(PAGES))
        assert cleaner.extract("<p>Old Mill Lane!</p><p>The ferry left at noon.</p>") == (
            "The ferry left at noon."
        )

    def test_what_is_learned_later_does_not_count(self, toy_folder: Path) -> None:
        profile = SiteProfile()
        cleaner = Cleaner(model=toy_folder, site=profile)
        profile.fit(PAGES)
        assert cleaner.clean("Old Mill Lane!") == "Old Mill Lane!"

    def test_a_pickled_cleaner_takes_its_site_along(self, toy_folder: Path) -> None:
        cleaner = Cleaner(model=toy_folder, site=SiteProfile().fit(PAGES))
        restored = pickle.loads(pickle.dumps(cleaner))
        assert restored.clean("Old Mill Lane!\nThe ferry.") == "The ferry."

    def test_must_be_a_profile(self, toy_folder: Path) -> None:
        with pytest.raises(TypeError, match="site.*str"):
            Cleaner(model=toy_folder, site="island.example")  # type: ignore[arg-type]
