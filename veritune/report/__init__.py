"""The run report: one self-contained HTML file."""

from veritune.report.intervals import Rate, wilson
from veritune.report.page import write_report

__all__ = ["Rate", "wilson", "write_report"]
