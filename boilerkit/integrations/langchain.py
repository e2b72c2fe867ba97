"""A LangChain document transformer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boilerkit.integrations.core import ERROR_FIELD, RecordCleaner, missing_engine
from boilerkit.pipeline import Cleaner

try:
    from langchain_core.documents import BaseDocumentTransformer, Document
except ImportError as error:
    raise missing_engine(error, "langchain") from error

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["BoilerkitTransformer"]


class BoilerkitTransformer(BaseDocumentTransformer):  # type: ignore[misc]
    """Cleans the ``page_content`` of documents.

    input: ``html`` for what a loader fetched, ``text`` for what it already turned into text.
    cleaner: a Cleaner, or None for the default one.

    Every document comes back, in order and as a copy. One that failed has its content as it was
    and the reason under ``boilerkit_error`` in its metadata.
    """

    def __init__(self, input: str = "html", *, cleaner: Cleaner | None = None) -> None:
        self._clean = RecordCleaner(input, cleaner)

    def transform_documents(self, documents: Sequence[Document], **_: Any) -> list[Document]:
        """Return the documents cleaned; further arguments are LangChain's and change nothing."""
        return [self._transform(document) for document in documents]

    def _transform(self, document: Document) -> Document:
        cleaned = self._clean(document.page_content)
        if cleaned.error is not None:
            metadata = {**document.metadata, ERROR_FIELD: cleaned.error}
            return document.model_copy(update={"metadata": metadata})
        return document.model_copy(update={"page_content": cleaned.text})
