"""The feature matrices of a few documents, stored: a model must never meet other features.

``python tests/golden_features.py`` writes golden/features.json anew, one line a column that is not
zero. Review the difference: whoever changes a feature has to train a new model.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from boilerkit.features import (
    HTML_COLUMNS,
    KINDS,
    TEXT_MATRIX_COLUMNS,
    PageScores,
    html_matrix,
    text_matrix,
)
from boilerkit.html_features import (
    box_names_matrix,
    read_names,
    read_structure,
    structure_columns,
)
from boilerkit.html_lines import read_html
from boilerkit.labels import PAGE_TYPES
from boilerkit.lexicon import (
    Lexicon,
    compile_phrases,
    concept_tokens,
    find_phrases,
    lexicon_columns,
    with_tokens,
)
from boilerkit.model import bag_scores, word_scores
from boilerkit.page_types import N_MEASURES, N_META_BUCKETS, page_clues, type_scores
from boilerkit.text_features import N_BUCKETS, measure_lines
from boilerkit.wordlists import load_concepts, load_wordlists

GOLDEN = Path(__file__).parent / "golden" / "features.json"

Columns = dict[str, list[float]]

TEXTS = {
    "one word": ["One"],
    "a line without words": ["…"],
    "scripts": ["İstanbul’da 2026", "新聞を読む", "ข่าว", "Привет, мир!", "𝒜 mixed LINE (x) | 9 €"],
    "an article": [
        "Home | News | Log in",
        "The ferry left the quay at noon",
        "The ferry left the quay at noon with eleven passengers and a piano on deck.",
        "“Nobody ordered a piano,” the harbour master said; he charged it as a cow: 4.50 €.",
        "Please support our reporting today!",
        "Please support our reporting today!",
        "© 2026 The Island Post. All rights reserved.",
    ],
}
PAGES = {
    "one word": "One",
    "an article": (
        "<title>The ferry left at noon | Island Post</title><body>"
        '<nav class="mainMenu"><ul><li><a href=/>Home</a><li><a href=/n>News</a></ul></nav>'
        '<article id="story"><h1>The ferry left at noon</h1><img src=x><p class="lead">A piano was on '
        "deck, and eleven passengers, none of whom could play it.</p>"
        '<div class="promo-box" hidden id="tab-1"><p>Please support us!</p></div>'
        "<table><tr><th>Hour<th>Cows</tr><tr><td>12<td>1</tr></table><pre>a = 1\nb = 2</pre></article>"
        '<noscript>Enable scripts</noscript><footer class="siteFooter"><p>© <a href=/l>Legal</a></p>'
    ),
}


def compute() -> dict[str, Columns]:
    """Return the columns of every document that are not zero."""
    found = {f"text: {name}": _text_columns(lines) for name, lines in TEXTS.items()}
    return found | {f"page: {name}": _page_columns(html) for name, html in PAGES.items()}


def _weights(n_classes: int) -> np.ndarray:
    """Return word weights that any machine computes alike."""
    steps = np.arange((N_BUCKETS + 1) * n_classes, dtype=np.int64) * 7919 % 1009
    return (steps.reshape(-1, n_classes) / 504.5 - 1).astype(np.float32)


def _lexicon() -> Lexicon:
    rarity = (np.arange(N_BUCKETS) % 97).astype(np.uint8)
    return Lexicon.build({**compile_phrases(load_wordlists(), load_concepts()), "rarity": rarity})


def _text_columns(lines: list[str]) -> Columns:
    text = measure_lines(lines)
    lexicon = _lexicon()
    phrases = find_phrases(text.words, lexicon)
    lexical = lexicon_columns(text, phrases, lexicon.rarity)
    more = with_tokens(text, concept_tokens(text.words, phrases))
    words = word_scores(more, _weights(len(KINDS)))
    return _named(text_matrix(text, lexical, words), TEXT_MATRIX_COLUMNS)


def _page_columns(html: str) -> Columns:
    page, _ = read_html(html)
    text, structure = measure_lines(page.texts), read_structure(page)
    vocabulary = {"box": 0, "footer": 1, "menu": 2, "story": 3}
    names = read_names(page, vocabulary)
    rows, columns = box_names_matrix(names, structure, len(vocabulary))
    n_clues = len(vocabulary) + N_META_BUCKETS + N_MEASURES + 1
    types = _weights(len(PAGE_TYPES))[:n_clues]
    scores = PageScores(
        word_scores(text, _weights(len(KINDS))),
        bag_scores(text, _weights(1))[:, 0],
        np.bincount(rows, columns - 4.5, minlength=len(page.texts)).astype(np.float32),
        type_scores(names.distinct, page_clues(page, text), types),
    )
    structural = structure_columns(page, structure, text)
    lexicon = _lexicon()
    lexical = lexicon_columns(text, find_phrases(text.words, lexicon), lexicon.rarity)
    return _named(html_matrix(structure, structural, text, lexical, scores), HTML_COLUMNS)


def _named(matrix: np.ndarray, names: tuple[str, ...]) -> Columns:
    return {
        name: [float(f"{value:.5g}") for value in column]
        for name, column in zip(names, matrix.T.tolist(), strict=True)
        if any(column)
    }


def main() -> None:
    """Write the file."""
    documents = [
        f" {json.dumps(name)}: {{\n"
        + ",\n".join(f"  {json.dumps(column)}: {values}" for column, values in columns.items())
        + "\n }"
        for name, columns in compute().items()
    ]
    GOLDEN.parent.mkdir(exist_ok=True)
    GOLDEN.write_text("{\n" + ",\n".join(documents) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
