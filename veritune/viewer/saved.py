"""The viewer as one self-contained file: up to 50,000 candidates in a page below 30 MB.

Of more candidates whole problems are drawn by chance, with all their candidates in every set, so
that a problem can be followed through the rounds; figures and counts are over all. Everything that
is shown of a candidate is what the viewer's server would send, compressed in the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from veritune.errors import DamagedRunError
from veritune.report import STYLE, environment, report_body, save_page
from veritune.viewer.bundle import PAGE, policy_hash, scripts
from veritune.viewer.drawn import packed
from veritune.viewer.folders import named
from veritune.viewer.run import ViewedRun

# Candidates of a page, and bytes of all that is in it.
MOST, LARGEST = 50_000, 29_000_000
# How much the blocks may miss what their share of the page was estimated at.
MARGIN = 0.95


def write_report(runs: Sequence[Path], out: Path) -> Path:
    """Write the report over the run folders `runs` to `out`, and return `out`.

    Raises `InputError` where a folder is not a run, `UnwritableError` where `out` cannot be.
    """
    return save_page(page_of(runs, report_body(runs)), out)


def page_of(folders: Sequence[Path], body: str = "") -> str:
    """The page over folders with journals; `body` is for browsers that run no scripts."""
    code = scripts()
    style = STYLE.read_text() + (PAGE / "viewer.css").read_text()
    with ExitStack() as stack:
        runs = {name: stack.enter_context(ViewedRun(f)) for name, f in named(folders).items()}
        for name, run in runs.items():
            if not run.wait_counted():
                raise DamagedRunError(f"{name}: its candidates cannot be counted")
        room = LARGEST - sum(map(len, (body, style, *code)))
        index, blocks, held = packed(runs, MOST)
        # Texts are of any length: what is too much is drawn again, smaller.
        while held and (size := len(index) + sum(map(len, blocks))) > room:
            index, blocks, held = packed(runs, int(held * min(MARGIN, MARGIN * room / size)))
    template = environment(Path(__file__).parent).get_template("page.html.j2")
    return template.render(
        names=list(runs),
        hashes=" ".join(map(policy_hash, code)),
        style=style,
        body=body,
        index=index,
        blocks=blocks,
        scripts=code,
    )
