"""The item pipeline in a crawl of Scrapy's, in a Python of its own: a reactor starts only once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from engines import CLEANED, PAGE, TEXT
from fresh_python import run_python
from required import require

from boilerkit import Cleaner, ConfigError

require("scrapy")

from scrapy import Field, Item
from scrapy.statscollectors import StatsCollector
from scrapy.utils.test import get_crawler

from boilerkit.integrations.scrapy import BoilerkitPipeline

CRAWL = """
import json, sys
import scrapy
from boilerkit import Cleaner
from scrapy.crawler import CrawlerProcess

class Pages(scrapy.Spider):
    name = "pages"
    start_urls = [{url!r}]

    def parse(self, response):
        yield {{"html": response.text, "url": response.url}}
        yield {{"html": 7}}
        yield {{"other": 1}}

crawler = CrawlerProcess(settings={{
    "ITEM_PIPELINES": {{"boilerkit.integrations.scrapy.BoilerkitPipeline": 300}},
    "BOILERKIT": {{"cleaner": Cleaner(model={model!r})}},
    "FEEDS": {{{out!r}: {{"format": "jsonlines", "item_classes": [dict]}}}},
    "LOG_LEVEL": "ERROR",
    "TELNETCONSOLE_ENABLED": False,
}})
pages = crawler.create_crawler(Pages)
crawler.crawl(pages)
crawler.start()
print(json.dumps({{k: v for k, v in pages.stats.get_stats().items() if k.startswith("boilerkit")}}))
"""


def pipeline(**settings: Any) -> BoilerkitPipeline:
    return BoilerkitPipeline.from_crawler(get_crawler(settings_dict={"BOILERKIT": settings}))


def test_a_crawl_yields_cleaned_items_and_counts_the_lines(
    toy_folder: Path, tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    page.write_text(PAGE, encoding="utf-8")
    out = tmp_path / "items.jsonl"
    done = run_python(CRAWL.format(url=page.as_uri(), model=str(toy_folder), out=str(out)))
    assert done.returncode == 0, done.stderr
    items = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [item.get("text") for item in items] == [CLEANED, None, None]
    assert items[1]["boilerkit_error"].startswith("TypeError: html must be")
    assert items[2] == {"other": 1}
    assert json.loads(done.stdout) == {
        "boilerkit/items": 2,
        "boilerkit/errors": 1,
        "boilerkit/dropped_lines/donation": 1,
        "boilerkit/dropped_lines/navigation": 1,
    }


class Article(Item):  # type: ignore[misc]
    """An item of a fixed shape."""

    body = Field()


def test_reads_and_writes_the_fields_of_an_item(toy: Cleaner) -> None:
    step = pipeline(field="body", output="body", input="text", cleaner=toy)
    assert step.process_item(Article(body=TEXT)) == Article(body=CLEANED)


def test_takes_the_spider_that_older_scrapy_hands_over(toy: Cleaner) -> None:
    assert pipeline(cleaner=toy).process_item({"html": PAGE}, object())["text"] == CLEANED


def test_counts_with_the_statistics_of_the_crawler(toy: Cleaner) -> None:
    step = pipeline(cleaner=toy)
    step.process_item({"html": PAGE})
    assert isinstance(step.stats, StatsCollector)
    assert step.stats.get_value("boilerkit/dropped_lines/donation") == 1


def test_refuses_an_error_field_that_is_taken(toy: Cleaner) -> None:
    with pytest.raises(ConfigError, match="'html'"):
        pipeline(error="html", cleaner=toy)
