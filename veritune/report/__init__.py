"""The figures of runs with their intervals and charts, as HTML that needs no script."""

from veritune.report.heads import head
from veritune.report.intervals import Gain, Rate, gain, wilson
from veritune.report.page import STYLE, environment, report_body, save_page, visible
from veritune.report.plots import Line, Style, chart, curves, forest, style_of, swatch
from veritune.report.run import Evaluation, evaluation_of
from veritune.report.samples import cut

__all__ = [
    "STYLE",
    "Evaluation",
    "Gain",
    "Line",
    "Rate",
    "Style",
    "chart",
    "curves",
    "cut",
    "environment",
    "evaluation_of",
    "forest",
    "gain",
    "head",
    "report_body",
    "save_page",
    "style_of",
    "swatch",
    "visible",
    "wilson",
]
