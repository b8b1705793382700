"""`veritune verify --steps rollouts` puts problems to its model as `--prompt` says."""

from __future__ import annotations

from pathlib import Path

import pytest

from veritune.cli import main
from veritune.config import ScratchConfig
from veritune.files import read_records, write_records
from veritune.models import build_scratch, save_policy
from veritune.records import Candidate, MathProblem, MathReference, Verdict
from veritune.store import Store

ASKED = "1+2+4=?"


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    shape = ScratchConfig(layers=1, width=16, heads=2, max_length=70)
    save_policy(*build_scratch(shape, 0), tmp_path / "M")
    problem = MathProblem(id="p", prompt=ASKED, reference=MathReference(answer="7"))
    write_records(tmp_path / "P.jsonl", [problem])
    solution = Candidate(problem_id="p", index=0, text="1 + 2 = 3.\n3 + 4 = \\boxed{7}.")
    write_records(tmp_path / "C.jsonl", [solution])
    words = ["verify", "--steps", "rollouts", "--rollouts.model", str(tmp_path / "M")]
    words += ["--rollouts.k", "1", "--rollouts.max-tokens", "2"]
    for name, file in (("problems", "P.jsonl"), ("candidates", "C.jsonl")):
        words += [f"--{name}", str(tmp_path / file)]
    return words


def test_completions_are_of_prompts_as_they_are_put(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "V.jsonl"
    command = [*words, "--out", str(out)]
    assert main([*command, "--prompt.instruction", "Be brief."]) == 0
    assert f"{ASKED}\n\nBe brief." in capsys.readouterr().out
    (verdict,) = read_records(out, Verdict)
    assert verdict.outcome == "passed" and len(verdict.steps) == 2
    with Store.open(f"{out}.rollouts", read_only=True) as store:
        (completed,) = store.problems("rollouts")
    assert completed.prompt == f"{ASKED}\n\nBe brief."
    assert completed.prefill.rstrip() == "1 + 2 = 3."
    assert main([*command, "--prompt.instruction", "Be brief."]) == 0
    assert "already holds" in capsys.readouterr().out
    assert main(command) == 2
    assert "prompts" in capsys.readouterr().err


def test_what_leaves_no_room_is_named_before_anything_is_verified(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    long = ["--prompt.instruction", "Be as long as you can. " * 4]
    for out in (str(tmp_path / "V.jsonl"), "-"):
        assert main([*words, "--out", out, *long]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert "1 of 1 prompts" in line
    assert main([*words, "--out", "-", "--prompt.overlong", "drop"]) == 2
    assert "every candidate gets a verdict" in capsys.readouterr().err


def test_a_prompt_that_no_model_would_get_is_refused(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = ["rules" if word == "rollouts" else word for word in words]
    command = [*plain, "--out", str(tmp_path / "V.jsonl"), "--prompt.instruction", "Be brief."]
    assert main(command) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "prompt: is for the model of rollouts" in line
    assert not (tmp_path / "V.jsonl").exists()
    bench = ["bench", "steps", str(tmp_path), "--prompt.instruction", "Be brief."]
    assert main(bench) == 2
    assert "add rollouts to --checkers" in capsys.readouterr().err
