"""Steps of a datatrove pipeline: HTML to text, and text to text line by line.

Both count lines in datatrove's own statistics: ``line-total``, ``line-kept`` and, for each label,
``line-dropped-LABEL``. A document that fails is counted under ``dropped_boilerkit_error``, one of
which nothing is left under ``dropped_boilerkit_empty``; both go to the exclusion writer.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

from boilerkit.integrations.core import (
    ERROR_FIELD,
    Cleaned,
    RecordCleaner,
    describe,
    missing_engine,
)
from boilerkit.pipeline import Cleaner

try:
    from datatrove.pipeline.extractors.base import BaseExtractor, ExtractorSandbox
    from datatrove.pipeline.filters.base_filter import BaseFilter
    from datatrove.utils.typeshelper import StatHints
except ImportError as error:
    raise missing_engine(error, "datatrove") from error

if TYPE_CHECKING:
    from datatrove.data import Document, DocumentsPipeline
    from datatrove.pipeline.base import PipelineStep
    from datatrove.pipeline.writers.disk_base import DiskWriter

__all__ = ["BoilerkitExtractor", "BoilerkitLineFilter"]

_FAILED = "boilerkit_error"
_EMPTY = "boilerkit_empty"


class BoilerkitExtractor(BaseExtractor):  # type: ignore[misc]
    """Turns the HTML of each document into the text of its main content.

    cleaner: a Cleaner, or None for the default one.
    timeout: seconds a page may take. Pages are read in a child process, so one that hangs or
        kills its process costs itself alone.
    exclusion_writer: where the documents go that fail or come out empty, as they were.
    """

    name = "🧹 boilerkit"

    def __init__(
        self,
        cleaner: Cleaner | None = None,
        *,
        timeout: float = 30,
        exclusion_writer: DiskWriter | None = None,
    ) -> None:
        super().__init__(timeout)
        self.exclusion_writer = exclusion_writer
        self._clean = RecordCleaner("html", cleaner)

    def extract(self, text: str) -> str:
        """Return the main content of one page; raises what Cleaner.extract raises."""
        return self._clean.cleaner.extract(text)

    def run(self, data: DocumentsPipeline, rank: int = 0, world_size: int = 1) -> DocumentsPipeline:
        """Yield the documents with their text; the others are counted and excluded."""
        with (
            self.exclusion_writer or nullcontext() as writer,
            ExtractorSandbox(timeout=self.timeout) as sandbox,
        ):
            for document in data:
                self.stat_update(StatHints.total)
                with self.track_time():
                    cleaned = self._clean_apart(sandbox, document.text)
                kept, reason = _settle(self, document, cleaned)
                if kept:
                    self.stat_update(StatHints.forwarded)
                    self.update_doc_stats(document)
                    yield document
                    continue
                self.stat_update(StatHints.dropped, f"dropped_{reason}")
                if writer is not None:
                    document.metadata["filter_reason"] = reason
                    writer.write(document, rank)

    def _clean_apart(self, sandbox: ExtractorSandbox, html: str) -> Cleaned:
        try:
            cleaned: Cleaned = sandbox.process_document(html, self._clean)
        except (EOFError, OSError) as error:  # time is up (an OSError too), or the process died
            return Cleaned(error=describe(error))
        return cleaned


class BoilerkitLineFilter(BaseFilter):  # type: ignore[misc]
    """Takes the chrome lines out of each document's text.

    cleaner: a Cleaner, or None for the default one.
    exclusion_writer: where the documents go that fail or come out empty, as they were.
    """

    name = "🧹 boilerkit lines"

    def __init__(
        self, cleaner: Cleaner | None = None, *, exclusion_writer: DiskWriter | None = None
    ) -> None:
        super().__init__(exclusion_writer)
        self._clean = RecordCleaner("text", cleaner)

    def filter(self, doc: Document) -> bool | tuple[bool, str]:
        """Clean the document in place; return False with the reason if it is to go."""
        kept, reason = _settle(self, doc, self._clean(doc.text))
        return kept or (False, reason)


def _settle(step: PipelineStep, document: Document, cleaned: Cleaned) -> tuple[bool, str]:
    """Count the lines and give the document its text; tell whether it stays, else why not."""
    if cleaned.error is not None:
        document.metadata[ERROR_FIELD] = cleaned.error
        return False, _FAILED
    step.stat_update("line-total", value=cleaned.kept + sum(cleaned.dropped.values()))
    step.stat_update("line-kept", value=cleaned.kept)
    for label, number in cleaned.dropped.items():
        step.stat_update(f"line-dropped-{label}", value=number)
    if not cleaned.text:
        return False, _EMPTY
    document.text = cleaned.text
    return True, ""
