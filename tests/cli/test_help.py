"""The help of every command: what people use first on one screen, and the rest where it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from veritune.cli import COMMANDS, main
from veritune.cli.first_options import FIRST

PARTS = {
    "train": ("sft", "reward", "dpo", "ppo", "group", "adapter", "merge"),
    "bench": ("pass-at-k", "best-of-n", "supervision", "steps", "rollouts"),
    "problems": ("show", "convert", "dedup", "from-repo"),
    "model": ("fetch",),
    "sandbox": ("doctor", "build"),
    "new": ("verifier",),
}
EVERY = [*COMMANDS, *(f"{name} {part}" for name, parts in PARTS.items() for part in parts)]
# Lines that a person scrolls through once.
MOST = 80
Lines = pytest.CaptureFixture[str]


def said(capsys: Lines, *words: str) -> list[str]:
    assert main(list(words)) == 0
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("command", EVERY)
def test_the_help_of_every_command_is_short_and_says_its_usage_once(
    command: str, capsys: Lines
) -> None:
    lines = said(capsys, *command.split(), "--help")
    assert len(lines) <= MOST
    assert all(len(line) <= 130 for line in lines)
    assert [line for line in lines if line.startswith("usage:")] == lines[:1]


@pytest.mark.parametrize("command", FIRST)
def test_what_is_used_first_is_shown_and_everything_where_it_says(
    command: str, capsys: Lines
) -> None:
    words = command.removeprefix("veritune ").split()
    first = said(capsys, *words, "--help")
    shown = {line.split()[0] for line in first if line.startswith("  --")}
    assert {f"--{name.replace('_', '-')}" for name in FIRST[command]} <= shown
    assert any(f"{command} --help TABLE" in line for line in first)
    every = said(capsys, *words, "--help", "all")
    assert len(every) > len(first)
    assert shown < {line.split()[0] for line in every if line.startswith("  --")}


def test_one_table_with_its_parts(capsys: Lines) -> None:
    lines = said(capsys, "run", "--help", "verifier")
    options = [line.split()[0] for line in lines if line.startswith("  --")]
    assert "--verifier.cpu-seconds" in options and "--verifier.answers.mode" in options
    assert all(option.startswith("--verifier.") for option in options)
    assert "[sampler]" in said(capsys, "sample", "--help", "sampler")
    assert any("--fail-under" in line for line in said(capsys, "verify", "--help", "options"))
    assert any("--warm-start.packing" in line for line in said(capsys, "run", "-h", "warm-start"))


def test_a_table_that_is_not_there_is_one_line(capsys: Lines) -> None:
    assert main(["verify", "--help", "answerz"]) == 2
    line = capsys.readouterr().err
    assert line.startswith("veritune: no table 'answerz'; there are: all, options, answers,")
    assert line.count("\n") == 1


def test_the_help_of_a_recipe_has_its_own_values(tmp_path: Path, capsys: Lines) -> None:
    recipe = tmp_path / "r.toml"
    recipe.write_text("[sampler]\nn = 3\n")
    assert "  --sampler.n INT  (default: 3)" in said(capsys, "run", str(recipe), "--help")
    types = " ".join(said(capsys, "run", str(recipe), "--help", "trainer"))
    assert "One of sft, dpo, ppo, rloo, grpo," in types
