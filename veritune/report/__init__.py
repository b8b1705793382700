"""The run report: one self-contained HTML file."""

from veritune.report.intervals import Rate, wilson
from veritune.report.page import STYLE, environment, save_page, visible, write_report
from veritune.report.plots import Line, Style, chart, curves, forest, style_of, swatch
from veritune.report.run import Evaluation, evaluation_of
from veritune.report.samples import cut

__all__ = [
    "STYLE",
    "Evaluation",
    "Line",
    "Rate",
    "Style",
    "chart",
    "curves",
    "cut",
    "environment",
    "evaluation_of",
    "forest",
    "save_page",
    "style_of",
    "swatch",
    "visible",
    "wilson",
    "write_report",
]
