"""The stages wired together: what ``extract``, ``clean`` and ``classify_*`` do."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from boilerkit.backends import Backend, open_backend
from boilerkit.config import CleanConfig
from boilerkit.cuts import Cut
from boilerkit.decide import Decision, ScoredLine, decide
from boilerkit.errors import BoilerkitWarning, ConfigError
from boilerkit.labels import Role
from boilerkit.records import Document, Line, Part, Result, check_format
from boilerkit.render import cut_parts, render_page, render_text
from boilerkit.site_profile import SiteProfile
from boilerkit.text_lines import TextLines, has_word, read_text

if TYPE_CHECKING:
    from pathlib import Path

    from lxml.html import HtmlElement

    from boilerkit.batch import Task
    from boilerkit.page_lines import PageLines

__all__ = ["Cleaner"]

# Sentences are scored twice, and the text's lines with them: they may be fewer than lines.
_LINES_A_SENTENCE = 4


class _JudgedPage(NamedTuple):
    """A page with the role of each line and the decision on it."""

    page: PageLines
    roles: list[Role]
    decisions: list[Decision]
    truncated: int | None


class _JudgedText(NamedTuple):
    """A text as far as it is read, its lines with the decision on each, and where it was cut.

    ``parts`` has those of the mixed lines, by number.
    """

    text: str
    lines: TextLines
    decisions: list[Decision]
    parts: dict[int, tuple[Part, ...]]
    truncated: int | None

    def render(self) -> str:
        """Return the text without the lines and parts that are dropped."""
        kept = [decision.kept for decision in self.decisions]
        if not self.parts:
            return render_text(self.text, self.lines.raw, kept)
        rows = [cut_parts(row, self.parts.get(n, ())) for n, row in enumerate(self.lines.raw)]
        return render_text("\n".join(rows), rows, kept)

    def labelled(self) -> tuple[Line, ...]:
        """Return a Line for each line."""
        return tuple(
            Line(
                raw,
                d.label,
                d.kept,
                d.score,
                d.reason,
                Role.TEXT,
                start,
                start + len(raw),
                self.parts.get(number, ()),
            )
            for number, (raw, start, d) in enumerate(
                zip(self.lines.raw, self.lines.starts, self.decisions, strict=True)
            )
        )


class Cleaner:
    """Labels lines with one configuration and one model.

    config: a CleanConfig (default: ``CleanConfig()``).
    model: the name of a packaged model, a model folder, ``"heuristic"``, or None for the default
        model (with the heuristic as its stand-in where numpy or the model file is missing).
    site: a SiteProfile of the site that the pages are from; what it learns later does not count.

    A cleaner never changes: the same page gets the same answer in any order, thread or process.
    It can be pickled. Raises ConfigError for a model that does not exist, ModelError for one that
    is damaged, TypeError for an argument of a wrong type.
    """

    __slots__ = ("_backend", "_config", "_site")

    def __init__(
        self,
        *,
        config: CleanConfig | None = None,
        model: str | Path | None = None,
        site: SiteProfile | None = None,
    ) -> None:
        if config is not None and not isinstance(config, CleanConfig):
            raise TypeError(f"config must be a CleanConfig or None, not {type(config).__name__}")
        object.__setattr__(self, "_config", CleanConfig() if config is None else config)
        if site is not None and not isinstance(site, SiteProfile):
            raise TypeError(f"site must be a SiteProfile or None, not {type(site).__name__}")
        object.__setattr__(self, "_backend", open_backend(model))
        object.__setattr__(self, "_site", copy.deepcopy(site))

    _config: CleanConfig
    _backend: Backend
    _site: SiteProfile | None

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a Cleaner cannot be changed: build another one ({name})")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a Cleaner cannot be changed: build another one ({name})")

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (self._config, self._backend, self._site)

    @property
    def config(self) -> CleanConfig:
        """The configuration given."""
        return self._config

    @property
    def backend(self) -> Backend:
        """What scores the lines."""
        return self._backend

    def extract(
        self,
        html: str | bytes | HtmlElement,
        *,
        url: str | None = None,
        charset: str | None = None,
        format: str = "text",
    ) -> str:
        """Return the main content of a page; see :func:`boilerkit.extract`."""
        check_format(format)
        if format != "text":
            return self.classify_html(html, url=url, charset=charset).render(format)
        return self._render(self._judge_page(html, url, charset))  # no Line is built

    def clean(self, text: str) -> str:
        """Return a text without its chrome lines; see :func:`boilerkit.clean`."""
        return self._judge_text(text).render()

    def classify_text(self, text: str) -> Document:
        """Label every line of a text; see :func:`boilerkit.classify_text`."""
        judged = self._judge_text(text)
        return Document(
            lines=judged.labelled(),
            text=judged.render(),
            truncated=judged.truncated,
            backend=self._backend.name,
            model=self._backend.model_name,
        )

    def _judge_text(self, text: str) -> _JudgedText:
        if not isinstance(text, str):
            raise TypeError(f"text must be a str, not {type(text).__name__}")
        text, truncated = self._cut(text)
        text, truncated = self._cut_lines(text, truncated)
        lines = read_text(text)
        texts = [""] * len(lines.raw)
        scored: list[ScoredLine | None] = [None] * len(lines.raw)
        found = self._backend.score_text(lines.words)
        for number, words, score in zip(lines.index, lines.words, found, strict=True):
            texts[number], scored[number] = words, score
        decisions, cut = self._decide(texts, scored, "text")
        parts = self._split(lines, decisions, cut) if self._config.split_sentences else {}
        return _JudgedText(text, lines, decisions, parts, truncated)

    def _split(
        self, lines: TextLines, decisions: Sequence[Decision], cut: Cut
    ) -> dict[int, tuple[Part, ...]]:
        from boilerkit.mixed import into_pieces, into_sentences, line_parts

        limit = self._config.max_lines
        sentences = into_sentences(lines, limit and limit // _LINES_A_SENTENCE)
        if not sentences.spans:
            return {}
        pieces = into_pieces(lines, sentences, self._backend.score_text(sentences.words))
        if not pieces.spans:
            return {}
        scored = self._backend.score_text(pieces.words)
        return line_parts(pieces, scored, decisions, cut.score, self._config.kept_labels)

    def classify_html(
        self,
        html: str | bytes | HtmlElement,
        *,
        url: str | None = None,
        charset: str | None = None,
    ) -> Document:
        """Label every line of a page; see :func:`boilerkit.classify_html`."""
        from boilerkit.layout import PageLayout
        from boilerkit.markdown import MarkdownRenderer
        from boilerkit.roles import headline

        judged = self._judge_page(html, url, charset)
        page, roles, decisions, truncated = judged
        lines = tuple(
            Line(text, d.label, d.kept, d.score, d.reason, role)
            for text, d, role in zip(page.texts, decisions, roles, strict=True)
        )
        return Document(
            lines=lines,
            text=self._render(judged),
            title=headline(page, roles),
            truncated=truncated,
            backend=self._backend.name,
            model=self._backend.model_name,
            _renderer=MarkdownRenderer(PageLayout.of(page), self._config.roles, url),
        )

    def _judge_page(
        self, html: str | bytes | HtmlElement, url: str | None, charset: str | None
    ) -> _JudgedPage:
        from boilerkit.roles import line_roles

        _check_optional_str("url", url)
        _check_optional_str("charset", charset)
        page, truncated = self._read_page(html, charset)
        scored: list[ScoredLine | None] = [
            score if has_word(text) else None
            for text, score in zip(page.texts, self._backend.score_page(page), strict=True)
        ]
        decisions, _ = self._decide(page.texts, scored, "html")
        return _JudgedPage(page, line_roles(page), decisions, truncated)

    def _render(self, judged: _JudgedPage) -> str:
        kept = [decision.kept for decision in judged.decisions]
        return render_page(judged.page.texts, kept, judged.roles, self._config.roles)

    def map(
        self,
        items: Iterable[Any],
        *,
        input: str = "html",
        output: str = "text",
        n_jobs: int = -1,
    ) -> Iterator[Result]:
        """Yield one Result for each page, in order; a page that fails costs nothing but itself.

        items: pages, or pairs of an id and a page; without ids the place, from 0 on, is the id.
            They are read as they are needed, a bounded number of them ahead.
        input: ``html`` (str or bytes) or ``text`` (str).
        output: ``text``, what :meth:`extract` or :meth:`clean` returns, or ``document``, what
            :meth:`classify_html` or :meth:`classify_text` returns.
        n_jobs: processes to work in; -1 for one a core, 1 for this process alone.

        A Result has the value, or the error and None. The pages go through joblib:
        ``joblib.parallel_config(backend=…)`` chooses another backend. The pages that a killed
        worker held are tried again one by one, and the one that kills again has that as its error.
        Raises ConfigError for an unknown input, output or ``n_jobs=0``, TypeError for what is no
        collection of pages or no number.
        """
        from boilerkit.batch import check_jobs, map_pages  # takes concurrent.futures with it

        if isinstance(items, (str, bytes)) or not isinstance(items, Iterable):
            raise TypeError(f"items must be a collection of pages, not {type(items).__name__}")
        check_jobs(n_jobs)
        tasks: dict[tuple[str, str], Task] = {
            ("html", "text"): self.extract,
            ("html", "document"): self.classify_html,
            ("text", "text"): self.clean,
            ("text", "document"): self.classify_text,
        }
        if (input, output) not in tasks:
            raise ConfigError(
                f"unknown input {input!r} or output {output!r}: "
                "choose input html or text, output text or document"
            )
        return map_pages(tasks[input, output], items, n_jobs=n_jobs)

    def _decide(
        self, texts: Sequence[str], scored: list[ScoredLine | None], kind: str
    ) -> tuple[list[Decision], Cut]:
        """Return the decisions on a document's lines, and its cut."""
        if self._site is not None:
            scored = [
                line and line._replace(score=self._site.adjusted(text, line.score))
                for text, line in zip(texts, scored, strict=True)
            ]
        cut = self._backend.cuts[kind][self._config.operating_point].on(
            [line.score for line in scored if line],
            [len(text) for text, line in zip(texts, scored, strict=True) if line],
        )
        return decide(texts, scored, cut, self._config), cut

    def _read_page(
        self, html: str | bytes | HtmlElement, charset: str | None
    ) -> tuple[PageLines, int | None]:
        from boilerkit.html_lines import is_element, read_element, read_html

        if isinstance(html, bytes):
            from boilerkit.decode import decode_html

            html = decode_html(html, charset=charset)
        if isinstance(html, str):
            html, truncated = self._cut(html)
            page, lost = read_html(html, self._config.max_lines)
            if page.full:
                self._warn_of_lines()
            return page, truncated if lost is None else lost
        if is_element(html):
            return read_element(html), None
        raise TypeError(f"html must be a str, bytes or an lxml element, not {type(html).__name__}")

    def _cut(self, text: str) -> tuple[str, int | None]:
        """Cut an input that is longer than the configuration allows, with a warning."""
        limit = self._config.max_bytes
        if limit is None or 4 * len(text) <= limit:
            return text, None
        data = text.encode("utf-8", "surrogatepass")
        if len(data) <= limit:
            return text, None
        end = limit
        while end and data[end] & 0xC0 == 0x80:  # not inside a character
            end -= 1
        text = data[:end].decode("utf-8", "surrogatepass")
        warnings.warn(
            f"input of {len(data)} bytes cut at max_bytes={limit}: raise CleanConfig(max_bytes=…)",
            BoilerkitWarning,
            stacklevel=4,
        )
        return text, len(text)

    def _cut_lines(self, text: str, truncated: int | None) -> tuple[str, int | None]:
        """Cut a text of more lines than the configuration allows, with a warning."""
        limit = self._config.max_lines
        if limit is None or text.count("\n", 0, len(text) - 1) < limit:
            return text, truncated
        rest = text.split("\n", limit)[limit]
        end = len(text) - len(rest) - 1
        self._warn_of_lines()
        return text[:end], end

    def _warn_of_lines(self) -> None:
        warnings.warn(
            f"input cut at max_lines={self._config.max_lines}: raise CleanConfig(max_lines=…)",
            BoilerkitWarning,
            stacklevel=5,
        )


def _restore(config: CleanConfig, backend: Backend, site: SiteProfile | None) -> Cleaner:
    cleaner = Cleaner.__new__(Cleaner)
    object.__setattr__(cleaner, "_config", config)
    object.__setattr__(cleaner, "_backend", backend)
    object.__setattr__(cleaner, "_site", site)
    return cleaner


def _check_optional_str(name: str, value: object) -> None:
    if value is not None and not isinstance(value, str):
        raise TypeError(f"{name} must be a str or None, not {type(value).__name__}")
