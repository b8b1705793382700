"""Where a solution states its answer: boxes, tags, headings and phrases in many languages."""

from veritune.verifiers.answers.extraction.phrases import StatedAnswer
from veritune.verifiers.answers.extraction.spans import last_number, last_span, math_spans
from veritune.verifiers.answers.extraction.statements import last_statement, stated_in
from veritune.verifiers.answers.extraction.tags import behind_marker

__all__ = [
    "StatedAnswer",
    "behind_marker",
    "last_number",
    "last_span",
    "last_statement",
    "math_spans",
    "stated_in",
]
