"""`veritune train reward` and `veritune train dpo` on files."""

from pathlib import Path

import pytest

from veritune.cli import main
from veritune.config import ScratchConfig
from veritune.files import write_records
from veritune.models import build_scratch, save_policy
from veritune.models.reward import load_reward_model
from veritune.records import Candidate, MathProblem, MathReference, StepVerdict, Verdict

TINY = ScratchConfig(layers=1, width=32, heads=2, max_length=64)
FIT = ["--max-steps", "3", "--batch-size", "4", "--warmup-steps", "0"]


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """Words that name a small model and verified candidates."""
    save_policy(*build_scratch(TINY, 0), tmp_path / "start")
    problems, candidates, verdicts = [], [], []
    for i in range(4):
        id = f"p{i}"
        problems.append(MathProblem(id=id, prompt=f"{i}+1=", reference=MathReference(answer="1")))
        for index in range(2):
            text = str(i + 1 + index)
            candidates.append(Candidate(problem_id=id, index=index, text=text))
            label = "incorrect" if index else "correct"
            step = StepVerdict(start=0, end=len(text), label=label, reason="")  # type: ignore[arg-type]
            outcome = "failed" if index else "passed"
            verdicts.append(
                Verdict(
                    problem_id=id,
                    index=index,
                    outcome=outcome,  # type: ignore[arg-type]
                    score=1.0 - index,
                    reason="",
                    steps=(step,),
                )
            )
    write_records(tmp_path / "p.jsonl", problems)
    write_records(tmp_path / "c.jsonl", candidates)
    write_records(tmp_path / "v.jsonl", verdicts)
    names = {"--problems": "p.jsonl", "--candidates": "c.jsonl", "--verdicts": "v.jsonl"}
    words = ["--model", str(tmp_path / "start")]
    return words + [w for key, name in names.items() for w in (key, str(tmp_path / name))]


@pytest.mark.parametrize("kind", ["preference", "outcome", "process"])
def test_a_reward_model_of_every_kind_from_verdicts(
    kind: str, files: list[str], tmp_path: Path
) -> None:
    out = tmp_path / "reward"
    words = ["train", "reward", "--kind", kind, *files, *FIT, "--out", str(out)]
    assert main(words) == 0
    assert load_reward_model(out).kind == kind
    assert main(words) == 2


def test_human_preferences(files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    preferences = tmp_path / "h.jsonl"
    preferences.write_text('{"prompt": "1", "chosen": "2", "rejected": "3"}\n')
    words = [*files[:2], "--preferences", str(preferences), *FIT]
    out = ["--out", str(tmp_path / "reward")]
    assert main(["train", "reward", "--kind", "preference", *words, *out]) == 0
    assert main(["train", "dpo", *words, "--out", str(tmp_path / "dpo")]) == 0
    assert (tmp_path / "dpo" / "config.json").is_file()
    assert main(["train", "reward", "--kind", "process", *words, "--out", "x"]) == 2
    assert "learns from verdicts" in capsys.readouterr().err


def test_dpo_from_verdicts(files: list[str], tmp_path: Path) -> None:
    words = ["train", "dpo", *files, *FIT, "--out", str(tmp_path / "out")]
    assert main(words) == 0


def test_what_is_missing_is_said(files: list[str], capsys: pytest.CaptureFixture) -> None:
    assert main(["train", "dpo", *files[:4], "--out", "x"]) == 2
    assert "--preferences, or --problems" in capsys.readouterr().err
    assert main(["train", "grpo"]) == 2
