"""Curves and intervals as inline SVG.

Text and axes take the page's own colour (`currentColor`), so one picture serves light, dark and
print; the lines are told apart by colour, mark and dash together.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, TypedDict

from veritune.report.intervals import Rate

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Stands for the page's text colour until the SVG is written.
INK = "#010203"


class Style(NamedTuple):
    """How one run's line is drawn; `name` is its mark in matplotlib's letters."""

    colour: str
    mark: str
    dash: tuple[int, tuple[int, ...]]


class Look(TypedDict):
    """What matplotlib calls a `Style`."""

    color: str
    marker: str
    linestyle: tuple[int, tuple[int, ...]] | str
    markersize: float
    linewidth: float


# Okabe and Ito's palette, safe for colour-blind readers.
STYLES = (
    Style("#0072b2", "o", (0, ())),
    Style("#d55e00", "s", (0, (5, 2))),
    Style("#009e73", "^", (0, (1, 1))),
    Style("#cc79a7", "D", (0, (6, 2, 1, 2))),
    Style("#e69f00", "v", (0, (3, 1, 1, 1))),
    Style("#56b4e9", "P", (0, (8, 3))),
)


class Line(NamedTuple):
    """One run's rates by round, or by whatever else is on the axis."""

    style: Style
    rounds: Sequence[float]
    rates: Sequence[Rate]


def style_of(position: int) -> Style:
    """The style of the run at this position in the report."""
    return STYLES[position % len(STYLES)]


def chart(title: str, lines: Sequence[Line]) -> str:
    """An `<svg>` element: rates in percent with their intervals; `lines` is not empty."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.0, 2.9), layout="constrained")
    axes = figure.subplots()
    axes.set_title(title, loc="left", fontsize=10, color=INK, parse_math=False)
    for position, line in enumerate(lines):
        _draw(axes, line, shift=(position - (len(lines) - 1) / 2) * 0.03)
    _dress(axes, int(max(max(line.rounds) for line in lines)), _top(lines))
    return _svg(figure, title)


def curves(title: str, axis: str, lines: Sequence[Line]) -> str:
    """An `<svg>` element: rates in percent over a logarithmic axis; `lines` is not empty."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.0, 2.9), layout="constrained")
    axes = figure.subplots()
    axes.set_title(title, loc="left", fontsize=10, color=INK, parse_math=False)
    for line in lines:
        _draw(axes, line, shift=0)
    _dress(axes, 1, _top(lines))
    ticks = sorted({at for line in lines for at in line.rounds})
    axes.set_xscale("log")
    axes.set_xlim(ticks[0] / 1.1, ticks[-1] * 1.1)
    axes.set_xticks(ticks, [f"{at:g}" for at in ticks])
    axes.minorticks_off()
    axes.set_xlabel(axis, fontsize=9, color=INK)
    return _svg(figure, title)


def forest(title: str, rows: Sequence[tuple[str, Rate]]) -> str:
    """An `<svg>` element: one rate in percent a row, with its interval; `rows` is not empty."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.0, 0.7 + 0.22 * len(rows)), layout="constrained")
    axes = figure.subplots()
    axes.set_title(title, loc="left", fontsize=10, color=INK, parse_math=False)
    for place, (_, rate) in enumerate(rows):
        span = ([100 * (rate.value - rate.low)], [100 * (rate.high - rate.value)])
        look = _look(STYLES[0])
        look["linestyle"] = ""
        axes.errorbar([100 * rate.value], [place], xerr=span, **look, elinewidth=1.4, capsize=2.5)
    axes.set_yticks(range(len(rows)), [name for name, _ in rows])
    axes.invert_yaxis()
    axes.tick_params(colors=INK, labelsize=9, length=0)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}%")
    axes.grid(axis="x", color=INK, alpha=0.15, linewidth=0.8)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(INK)
    return _svg(figure, title)


def swatch(style: Style) -> str:
    """The line's look for a legend; returns an `<svg>` element."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(0.5, 0.18))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set(xlim=(0, 1), ylim=(-1, 1))
    axes.plot((0.02, 0.5, 0.98), (0, 0, 0), **_look(style), markevery=(1, 2))
    return _svg(figure, "")


def _draw(axes: Axes, line: Line, shift: float) -> None:
    at = [round + shift for round in line.rounds]
    values = [100 * rate.value for rate in line.rates]
    below = [100 * max(0.0, rate.value - rate.low) for rate in line.rates]
    above = [100 * max(0.0, rate.high - rate.value) for rate in line.rates]
    axes.errorbar(at, values, yerr=(below, above), **_look(line.style), elinewidth=1, capsize=2)


def _look(style: Style) -> Look:
    return {
        "color": style.colour,
        "marker": style.mark,
        "linestyle": style.dash,
        "markersize": 4.5,
        "linewidth": 1.8,
    }


def _top(lines: Sequence[Line]) -> int:
    """The scale's end in percent: 100, or 20 where everything lies below that."""
    # Rates of a few percent would lie on the axis of a full scale.
    return 20 if all(rate.high <= 0.2 for line in lines for rate in line.rates) else 100


def _dress(axes: Axes, last: int, top: int) -> None:
    axes.set(xlim=(-0.25, last + 0.25), ylim=(-0.03 * top, 1.03 * top))
    axes.set_xticks(range(0, last + 1, 1 + last // 12))
    axes.set_xlabel("round", fontsize=9, color=INK)
    ticks = range(0, top + 1, top // 4)
    axes.set_yticks(ticks, [f"{value}%" for value in ticks])
    axes.tick_params(colors=INK, labelsize=9, length=0)
    axes.grid(axis="y", color=INK, alpha=0.15, linewidth=0.8)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(INK)


def _svg(figure: Figure, title: str) -> str:
    import matplotlib

    out = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": title or "swatch"}):
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None})
    svg = out.getvalue()
    svg = svg[svg.index("<svg") :].replace(INK, "currentColor")
    # Dates and versions would make every page a new one.
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<g id=\"[^\"]*\"", "<g", svg)
    return re.sub(r"font: ([\d.]+)px [^;\"]*", r"font-size: \1px; font-family: inherit", svg)
