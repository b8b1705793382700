"""`veritune bench steps` and `bench rollouts`, from files to what they print and write."""

import json
from pathlib import Path

import pytest

from veritune.cli import main
from veritune.config import ChainConfig, ScratchConfig
from veritune.files import read_records, write_records
from veritune.models import build_scratch, save_policy
from veritune.models.reward import fresh_reward_model, save_reward_model
from veritune.problems import generate
from veritune.records import Candidate, Verdict

DATA = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "process"
ASKED = "What is 2+3, doubled?"
RIGHT, DOUBLED = "2 + 3 = 5.", "5 * 2 = 10."
ROWS = [
    {"id": "a", "problem": ASKED, "steps": [RIGHT, DOUBLED], "label": -1},
    {"id": "b", "problem": ASKED, "steps": ["2 + 3 = 6.", "6 * 2 = 12."], "label": 0},
    {"id": "c", "problem": ASKED, "steps": [RIGHT, "5 * 2 = 12."], "label": 1},
    {"id": "d", "problem": ASKED, "steps": ["It is five.", "Doubled: eleven."], "label": 1},
]


def test_processbench_rows_are_scored(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    assert main(["bench", "steps", str(path), "--show", "5"]) == 0
    out = capsys.readouterr().out
    assert "3 wrong and 1 right solutions" in out
    rates = {line[:44].strip(): line[44:].strip() for line in out.splitlines() if "%" in line}
    assert rates["first error found, of wrong solutions"] == "66.7%"
    assert rates["nothing found, of right solutions"] == "100.0%"
    assert rates["F1, their harmonic mean"] == "80.0%"
    assert rates["precision of 'incorrect'"] == "100.0%"
    assert rates["recall of 'incorrect'"] == "66.7%"
    assert "d: first error step 2, found none" in out


@pytest.mark.slow
def test_rollouts_take_the_keys_of_the_prompt(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shape = ScratchConfig(layers=1, width=16, heads=2, max_length=70)
    save_policy(*build_scratch(shape, 0), tmp_path / "M")
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS[:2]))
    words = ["bench", "steps", str(path), "--checkers", "rollouts", "--rollouts.k", "1"]
    words += ["--rollouts.model", str(tmp_path / "M"), "--rollouts.max-tokens", "2"]
    words += ["--json", str(tmp_path / "out.json"), "--prompt.instruction"]
    assert main([*words, "Be brief."]) == 0
    assert f"{ASKED}\n\nBe brief." in capsys.readouterr().out
    assert main([*words, "Be as long as you can, and then longer than that."]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "2 of 2 prompts" in line and "--prompt.overlong drop" in line


def test_several_files_and_checkers_make_a_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rules with a reward model that learned nothing: the model calls what rules left verified."""
    start = save_policy(
        *build_scratch(ScratchConfig(layers=1, width=16, heads=2, max_length=64), 0), tmp_path / "M"
    )
    save_reward_model(fresh_reward_model(start.path, "process"), tmp_path / "R")
    files = [tmp_path / "one.jsonl", tmp_path / "two.jsonl"]
    for path, rows in zip(files, (ROWS, ROWS[:3]), strict=True):
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    out = tmp_path / "out.json"
    words = ["bench", "steps", *map(str, files), "--checkers", "rules", "rules+reward_model"]
    words += ["--reward-model", str(tmp_path / "R"), "--tune", str(files[0]), "--json", str(out)]
    assert main(words) == 0
    written = json.loads(out.read_text())
    assert [(r["checker"], r["file"]) for r in written["results"]] == [
        (checker, str(path)) for checker in ("rules", "rules+reward_model") for path in files
    ]
    rules, both = written["results"][0], written["results"][2]
    assert (rules["threshold"], both["threshold"] is None) == (None, False)
    assert rules["f1"] == pytest.approx(0.8)
    assert written["average_f1"]["rules"] == pytest.approx(0.9)
    assert both["calibration"]["steps"] > 0
    printed = capsys.readouterr().out
    assert "average" in printed and "chosen on" in printed and "differ on" in printed
    assert main(["bench", "steps", str(files[0]), "--checkers", "oracle"]) == 2
    assert "no checker 'oracle'" in capsys.readouterr().err


@pytest.mark.skipif(not DATA.is_dir(), reason="the shared data sets are not here")
@pytest.mark.parametrize("neutral", ["correct", "incorrect", "skip"])
def test_prm800k_rows_are_read(neutral: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["bench", "steps", str(DATA / "prm800k_samples.jsonl"), "--neutral", neutral]
    assert main(words) == 0
    assert "solutions" in capsys.readouterr().out


@pytest.mark.parametrize(
    "text", ["", '{"steps": ["a"], "label": 4, "problem": "p"}\n', '{"a": 1}\n']
)
def test_other_files_are_refused(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(text)
    assert main(["bench", "steps", str(path)]) == 2
    assert str(path) in capsys.readouterr().err


def test_rollouts_of_a_model_label_steps(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, tokenizer = build_scratch(ScratchConfig(layers=1, width=16, heads=2, max_length=64), 0)
    save_policy(model, tokenizer, tmp_path / "M")
    pairs = generate_pairs(tmp_path)
    words = ["bench", "rollouts", "--k", "2", "--sampler.max-tokens", "8"]
    for name, file in (("model", "M"), ("problems", "P.jsonl"), ("candidates", "C.jsonl")):
        words += [f"--{name}", str(tmp_path / file)]
    words += ["--out", str(tmp_path / "V.jsonl")]
    assert main(words) == 0
    verdicts = read_records(tmp_path / "V.jsonl", Verdict)
    assert [verdict.problem_id for verdict in verdicts] == [pair.problem_id for pair in pairs]
    assert all(len(verdict.steps) == 4 for verdict in verdicts)
    assert f"{len(pairs) * 3 * 2} completions sampled" in capsys.readouterr().out
    assert main([*words, "--search"]) == 0
    assert "0 completions sampled" in capsys.readouterr().out


def generate_pairs(folder: Path) -> list[Candidate]:
    """Three chain problems with their right traces, written to files."""
    from veritune.config import ProblemsConfig

    config = ProblemsConfig(source="chain", chain=ChainConfig(steps=3))
    drawn = generate(config, 1, "test", 3)
    candidates = [
        Candidate(problem_id=problem.id, index=0, text=problem.reference.solution)
        for problem, _ in drawn
    ]
    write_records(folder / "P.jsonl", [problem for problem, _ in drawn])
    write_records(folder / "C.jsonl", candidates)
    return candidates
