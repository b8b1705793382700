"""The run report: one self-contained HTML file."""

from veritune.report.intervals import Rate, wilson
from veritune.report.page import environment, save_page, write_report
from veritune.report.plots import Line, Style, chart, curves, forest, style_of, swatch

__all__ = [
    "Line",
    "Rate",
    "Style",
    "chart",
    "curves",
    "environment",
    "forest",
    "save_page",
    "style_of",
    "swatch",
    "wilson",
    "write_report",
]
