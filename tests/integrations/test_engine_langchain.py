"""The document transformer with LangChain's own documents."""

from __future__ import annotations

import asyncio
from typing import Any

from engines import CLEANED, PAGE, TEXT
from required import require

from boilerkit import Cleaner
from boilerkit import Document as Labelled

require("langchain_core")

from langchain_core.documents import BaseDocumentTransformer, Document

from boilerkit.integrations.langchain import BoilerkitTransformer


class Fussy(Cleaner):
    """A cleaner that fails on a page that says so."""

    def classify_html(self, html: Any, **options: Any) -> Labelled:
        if "fail" in html:
            raise RuntimeError("no such page")
        return super().classify_html(html, **options)


def test_extracts_pages_and_keeps_what_else_a_document_has(toy: Cleaner) -> None:
    transformer = BoilerkitTransformer(cleaner=toy)
    assert isinstance(transformer, BaseDocumentTransformer)
    page = Document(page_content=PAGE, metadata={"source": "a"}, id="7")
    assert transformer.transform_documents([page]) == [
        Document(page_content=CLEANED, metadata={"source": "a"}, id="7")
    ]
    assert page.page_content == PAGE


def test_cleans_texts(toy: Cleaner) -> None:
    (document,) = BoilerkitTransformer("text", cleaner=toy).transform_documents(
        [Document(page_content=TEXT)]
    )
    assert document.page_content == CLEANED


def test_runs_in_an_event_loop(toy: Cleaner) -> None:
    pages = [Document(page_content=PAGE)] * 3
    done = asyncio.run(BoilerkitTransformer(cleaner=toy).atransform_documents(pages))
    assert [document.page_content for document in done] == [CLEANED] * 3


def test_a_failed_document_stays_with_its_reason(toy_folder: Any) -> None:
    documents = [Document(page_content=text) for text in (PAGE, "fail", PAGE)]
    transformer = BoilerkitTransformer(cleaner=Fussy(model=toy_folder))
    done = transformer.transform_documents(documents)
    assert [document.page_content for document in done] == [CLEANED, "fail", CLEANED]
    assert [document.metadata for document in done] == [
        {},
        {"boilerkit_error": "RuntimeError: no such page"},
        {},
    ]
    assert documents[1].metadata == {}
