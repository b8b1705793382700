"""Work that takes long says how far it is, on a terminal and off it."""

import io
import sys
import time

import pytest
from rich.console import Console

from veritune.cli import console
from veritune.cli.console import TerminalProgress, evaluation_table


def test_off_a_terminal_a_phase_says_that_it_goes_on_though_nothing_ends(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console, "PLAIN_SECONDS", 0.01)
    monkeypatch.setattr(console, "STILL_SECONDS", 0.02)
    told = ""
    backstop = time.monotonic() + 60
    with TerminalProgress(aside=sys.stderr).phase("sample", 3) as advance:
        while told.count("sample: 0/3 after") < 2 and time.monotonic() < backstop:
            told += capsys.readouterr().err
            time.sleep(0.01)
        advance(3, loss=0.5)
    found = capsys.readouterr()
    assert told.count("sample: 0/3 after") >= 2
    assert found.err.splitlines()[-1].startswith("sample: 3/3 in ")
    assert found.err.splitlines()[-1].endswith(" loss 0.500")
    assert found.out == ""


def test_a_narrow_terminal_cuts_no_figure() -> None:
    row = {"round": 1, "k": 4, "pass_at_1": 0.15, "pass_at_k": 1.0, "trace_error": 1.0}
    table = evaluation_table([row | {"problems": 20, "errors": 0}], "")
    shown = io.StringIO()
    Console(file=shown, width=40).print(table)
    assert "\u2026" not in shown.getvalue()
    assert "%" in shown.getvalue()
