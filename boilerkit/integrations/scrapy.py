"""A Scrapy item pipeline.

Switch it on in the project's settings::

    ITEM_PIPELINES = {"boilerkit.integrations.scrapy.BoilerkitPipeline": 300}
    BOILERKIT = {"field": "html", "input": "html", "output": "text"}
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boilerkit.errors import ConfigError
from boilerkit.integrations.core import ERROR_FIELD, Cleaned, RecordCleaner, missing_engine
from boilerkit.pipeline import Cleaner

try:
    from itemadapter import ItemAdapter
except ImportError as error:
    raise missing_engine(error, "scrapy") from error

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.statscollectors import StatsCollector

__all__ = ["BoilerkitPipeline"]


class BoilerkitPipeline:
    """Cleans one field of every item that has it.

    stats: the crawler's statistics: ``boilerkit/items``, ``boilerkit/errors`` and, for each label,
        ``boilerkit/dropped_lines/LABEL``.
    field, output: the fields to read and to write, which may be the same.
    input: ``html`` for pages (such as ``response.text``), or ``text``.
    error: the field for the reason of an item that failed; its output is None then.
    cleaner: a Cleaner, or None for the default one.

    Items of a fixed shape must have the fields that are written. Raises ConfigError for names that
    cannot be.
    """

    def __init__(
        self,
        stats: StatsCollector,
        *,
        field: str = "html",
        input: str = "html",
        output: str = "text",
        error: str = ERROR_FIELD,
        cleaner: Cleaner | None = None,
    ) -> None:
        if error in (field, output):
            raise ConfigError(f"the error field {error!r} is taken: give it another name")
        self.stats = stats
        self.field = field
        self.output = output
        self.error = error
        self._clean = RecordCleaner(input, cleaner)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> BoilerkitPipeline:
        """Return the pipeline that the setting ``BOILERKIT``, a dict of arguments, asks for."""
        return cls(crawler.stats, **crawler.settings.getdict("BOILERKIT"))

    def process_item(self, item: Any, spider: object = None) -> Any:
        """Clean one item in place; `spider`, which older Scrapy hands over, is not needed."""
        fields = ItemAdapter(item)
        if self.field not in fields:
            return item
        cleaned = self._clean(fields[self.field])
        self._count(cleaned)
        fields[self.output] = cleaned.text
        if cleaned.error is not None:
            fields[self.error] = cleaned.error
        return item

    def _count(self, cleaned: Cleaned) -> None:
        self.stats.inc_value("boilerkit/items")
        if cleaned.error is not None:
            self.stats.inc_value("boilerkit/errors")
        for label, number in cleaned.dropped.items():
            self.stats.inc_value(f"boilerkit/dropped_lines/{label}", number)
