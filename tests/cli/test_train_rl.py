"""`veritune train ppo` and `group` on files: one round, and one line for what is wrong."""

from dataclasses import replace
from pathlib import Path

import pytest

from veritune.cli import main
from veritune.config import SamplerConfig, ScratchConfig
from veritune.files import write_records
from veritune.models import build_scratch, policy_hash, save_policy
from veritune.records import Candidate, MathProblem, MathReference, Verdict
from veritune.sampler import NativeSampler


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    shape = ScratchConfig(layers=1, width=32, heads=2, max_length=32)
    policy = save_policy(*build_scratch(shape, 0), folder / "model")
    problems = [
        MathProblem(id=f"p{i}", prompt=f"{i}+1=", reference=MathReference(answer=str(i + 1)))
        for i in range(4)
    ]
    sampler = NativeSampler(SamplerConfig(n=4, max_tokens=6), seed=0)
    sampler.load(policy)
    drawn = sampler.sample(problems, [range(4)] * 4, round=1)
    candidates = [replace(c, finish_reason="stop") for c in drawn]
    verdicts = [
        Verdict(
            problem_id=c.problem_id,
            index=c.index,
            outcome="passed" if c.index % 2 else "failed",
            score=float(c.index % 2),
            reason="",
        )
        for c in candidates
    ]
    write_records(folder / "p.jsonl", problems)
    write_records(folder / "c.jsonl", candidates)
    write_records(folder / "v.jsonl", verdicts)
    bare = [Candidate(problem_id=c.problem_id, index=c.index, text=c.text) for c in candidates]
    write_records(folder / "bare.jsonl", bare)
    return folder


def words(files: Path, out: Path, candidates: str = "c.jsonl") -> list[str]:
    return [
        *("--model", str(files / "model"), "--problems", str(files / "p.jsonl")),
        *("--candidates", str(files / candidates), "--verdicts", str(files / "v.jsonl")),
        *("--out", str(out), "--learning-rate", "1e-3"),
    ]


@pytest.mark.parametrize("trainer", ["ppo", "group"])
def test_one_round_from_files(
    files: Path, tmp_path: Path, trainer: str, capsys: pytest.CaptureFixture[str]
) -> None:
    more = ["--credit.outcome", "2.0"] if trainer == "ppo" else ["--type", "grpo"]
    assert main(["train", trainer, *words(files, tmp_path / "out"), *more]) == 0
    said = capsys.readouterr().out
    assert "1 steps on 16 candidates" in said
    assert policy_hash(tmp_path / "out") in said
    assert policy_hash(tmp_path / "out") != policy_hash(files / "model")


def test_candidates_without_token_ids_are_refused_in_one_line(
    files: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "ppo", *words(files, tmp_path / "out", "bare.jsonl")]) == 1
    said = capsys.readouterr().err
    assert "has no token_ids" in said and said.count("\n") == 1
