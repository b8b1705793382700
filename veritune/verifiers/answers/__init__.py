"""Whether a mathematical answer is right, however it is written."""

from veritune.algebra import AnswerPolicy
from veritune.verifiers.answers.compare import compare
from veritune.verifiers.answers.comparison import Comparison
from veritune.verifiers.answers.extract import Extraction, extract_answer
from veritune.verifiers.answers.verifier import AnswerVerifier

__all__ = [
    "AnswerPolicy",
    "AnswerVerifier",
    "Comparison",
    "Extraction",
    "compare",
    "extract_answer",
]
