"""A file of verdicts in short: figures, a JUnit file, a table in markdown."""

from veritune.benchmarks.summary.figures import VerdictSummary
from veritune.benchmarks.summary.junit import write_junit
from veritune.benchmarks.summary.markdown import write_markdown

__all__ = ["VerdictSummary", "write_junit", "write_markdown"]
