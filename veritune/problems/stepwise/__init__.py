"""Files of solutions with labelled steps: eleven formats in, six out.

A row becomes a problem, a candidate with its steps, and a verdict, and goes out again in any of the
formats. What a format knows and ours does not stays in the problem's metadata, so a row that goes
back into its own format is the row that it was.

What PRM800K's rating 0 ("neutral") means is for the caller to say: Qwen's models count it as
right, TRL's conversion script and OpenR as wrong, and here it can also stay "unchecked".
"""

from veritune.problems.stepwise.converting import convert_steps
from veritune.problems.stepwise.formats import (
    FORMATS,
    Format,
    format_of,
    read_stepwise,
    to_row,
)
from veritune.problems.stepwise.labelled import (
    Neutral,
    Reading,
    VerifiedCandidate,
    until_error,
)

__all__ = [
    "FORMATS",
    "Format",
    "Neutral",
    "Reading",
    "VerifiedCandidate",
    "convert_steps",
    "format_of",
    "read_stepwise",
    "to_row",
    "until_error",
]
