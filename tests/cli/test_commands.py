"""The commands as a user types them: what they do, and one line for every wrong request."""

import errno
import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest
import warm

from veritune.cli import COMMANDS, demo, main

Lines = pytest.CaptureFixture[str]
MATH = '{"id": "a", "kind": "math", "prompt": "1+1=", "reference": {"answer": "2"}}\n'


def refused(capsys: Lines, *words: object) -> str:
    """Run a wrong request; it must exit 2 with one line on standard error."""
    assert main([str(word) for word in words]) == 2
    err = capsys.readouterr().err
    assert err.startswith("veritune: ") and err.count("\n") == 1
    return err


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "r.toml"
    path.write_text(f'name = "r"\noutput = "{tmp_path}/runs"\n')
    return path


def test_help_lists_the_commands(capsys: Lines) -> None:
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    assert all(f"  {name}" in out for name in COMMANDS)


@pytest.mark.parametrize(
    ("words", "stream"),
    [
        (["--help"], "stdout"),
        (["bench"], "stdout"),
        (["verify", "--help"], "stdout"),
        (["nope"], "stderr"),
        (["report", "no-such-run"], "both"),
    ],
)
def test_a_closed_pipe_ends_a_command_quietly(words: list[str], stream: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "veritune", *words]
    out = writer if stream != "stderr" else subprocess.PIPE
    err = writer if stream != "stdout" else subprocess.PIPE
    done = subprocess.run(command, stdout=out, stderr=err, text=True)
    os.close(writer)
    assert done.returncode in (0, 1, 2)
    assert "Traceback" not in (said := (done.stdout or "") + (done.stderr or ""))
    assert "Exception ignored" not in said


@pytest.mark.parametrize("words", ["--help", "sandbox doctor", "nope"])
def test_a_command_whose_output_is_closed_does_its_work(words: str) -> None:
    line = f"{sys.executable} -m veritune {words} >&-"
    done = subprocess.run(line, shell=True, capture_output=True, text=True)
    assert "Traceback" not in done.stderr
    assert done.returncode == (2 if words == "nope" else 0)


def test_a_broken_pipe_is_silent_only_where_nobody_reads(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(words: Sequence[str]) -> int:
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")  # To a process of ours, say.

    monkeypatch.setattr("veritune.cli.run.main", broken)
    assert main(["run"]) == 1
    assert capsys.readouterr().err == "veritune: the work or its output: Broken pipe\n"


def test_how_threads_wait_is_the_users_to_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    monkeypatch.setenv("GOMP_SPINCOUNT", "taken back when the test ends")
    monkeypatch.delenv("GOMP_SPINCOUNT")
    main(["report", "there-is-no-such-run"])
    assert os.environ["OMP_WAIT_POLICY"] == "ACTIVE"
    assert int(os.environ["GOMP_SPINCOUNT"]) > 0


@pytest.mark.parametrize("command", ["run", "sample", "verify", "train", "validate", "report"])
def test_every_command_explains_itself(command: str) -> None:
    done = warm.run("-m", "veritune", command, "--help").ended()
    assert done.returncode == 0
    assert "usage:" in done.stdout


def test_an_unknown_command_is_refused(capsys: Lines) -> None:
    assert "no command 'rum'; did you mean run?" in refused(capsys, "rum")
    assert "no command 'zzz'; there are: run, sample" in refused(capsys, "zzz")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--sampler.m", "5"], "no option --sampler.m; did you mean --sampler.n?"),
        (["--sampler.n", "x"], "--sampler.n: input should be a valid integer"),
        (["--sampler.n", "0"], "sampler.n: input should be greater than 0"),
        (["--sampler.n"], "--sampler.n: give a value"),
        (["--trainer.kl-coef", "1"], "--trainer.kl-coef: is for trainer.type ppo or trainer.type"),
        (["--trainer.type", "foo"], "--trainer.type must be one of sft, dpo, ppo"),
        (["--sampler.type", "foo"], "--sampler.type: input should be 'native', 'vllm' or"),
        (["--verifier.type", "rulez"], "--verifier.type: expected rules, reward_model, judge"),
        (["--verifier.parts", "rules"], "--verifier.parts: a list of tables"),
        (["--prompt.template-kwargs", "a"], "--prompt.template-kwargs: give names with"),
        (["--selection.reward", "vibes"], "selection.reward: expected outcome, process"),
        (["--evaluation.k", "9"], "k (9) must be at most n"),
        (["stray"], "no option stray"),
    ],
)
def test_wrong_overrides(recipe: Path, capsys: Lines, words: list[str], says: str) -> None:
    assert says in refused(capsys, "run", recipe, *words)


def test_another_kind_of_trainer_has_its_own_keys(recipe: Path, capsys: Lines) -> None:
    recipe.write_text(recipe.read_text() + "[trainer]\nmax_steps = 7\nlearning_rate = 1e-4\n")
    words = ["--trainer.type", "ppo", "--trainer.kl-coef=0.5", "--prompt.template-kwargs.a", "2"]
    assert main(["run", str(recipe), "--dry-run", *words, "--verifier.no-in-process"]) == 0
    resolved = tomllib.loads(capsys.readouterr().out)
    trainer = resolved["trainer"]
    assert (trainer["type"], trainer["kl_coef"], trainer["learning_rate"]) == ("ppo", 0.5, 1e-4)
    assert "max_steps" not in trainer and resolved["prompt"]["template_kwargs"] == {"a": 2}
    assert main(["run", str(recipe), "--trainer.type", "grpo", "--help", "trainer"]) == 0
    said = capsys.readouterr().out
    assert "--trainer.kl-estimator k2|k3  (default: k2)" in said and "value-coef" not in said


def test_dry_run_prints_the_resolved_recipe_and_does_nothing(recipe: Path, capsys: Lines) -> None:
    assert main(["run", str(recipe), "--dry-run", "--sampler.n", "16", "--seed", "3"]) == 0
    resolved = tomllib.loads(capsys.readouterr().out)
    assert (resolved["sampler"]["n"], resolved["seed"], resolved["name"]) == (16, 3, "r")
    assert sorted(p.name for p in recipe.parent.iterdir()) == ["r.toml"]


def test_wrong_recipes_and_folders(recipe: Path, tmp_path: Path, capsys: Lines) -> None:
    assert "no such recipe" in refused(capsys, "run", tmp_path / "none.toml")
    assert "name the recipe first" in refused(capsys, "run", "--seed", 1)
    assert "cannot be written" in refused(capsys, "run", recipe, "--output", recipe)
    missing = refused(capsys, "run", recipe, "--model.path", "./nowhere")
    assert "nowhere" in missing and "no such folder" in missing
    data = tmp_path / "bad.jsonl"
    data.write_text(MATH + '{"id": "b", "kind": "ma')
    words = ["--problems.source", "veritune", "--problems.path", data, "--name", "bad"]
    assert "bad.jsonl:2:" in refused(capsys, "run", recipe, *words)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b'{"problem_id": "a", "index": 0, "te', ":1:"),
        (b'{"problem_id": "a", "index": "0", "text": ""}', ":1: index"),
        (b"\xff\xfe{}", ":1: not UTF-8"),
        (b'{"problem_id": "z", "index": 0, "text": ""}', "'z' (line 1)"),
    ],
)
def test_verify_refuses_bad_files(tmp_path: Path, capsys: Lines, content: bytes, says: str) -> None:
    problems, candidates = tmp_path / "p.jsonl", tmp_path / "c.jsonl"
    problems.write_text(MATH)
    candidates.write_bytes(content)
    words = ["--problems", problems, "--candidates", candidates, "--out", tmp_path / "v.jsonl"]
    assert says in refused(capsys, "verify", *words)
    assert not (tmp_path / "v.jsonl").exists()


def test_verify_and_pass_at_k(tmp_path: Path, capsys: Lines) -> None:
    problems, candidates, out = (tmp_path / f"{x}.jsonl" for x in "pcv")
    problems.write_text(MATH)
    texts = [r"\boxed{2}", r"\boxed{3}", r"\boxed{2.0}", "I do not know"]
    rows = [{"problem_id": "a", "index": i, "text": text} for i, text in enumerate(texts)]
    candidates.write_text("".join(json.dumps(row) + "\n" for row in rows))
    files = ["--problems", str(problems), "--candidates", str(candidates)]
    assert main(["verify", *files, "--out", str(out)]) == 0
    verdicts = [json.loads(line) for line in out.read_text().splitlines()]
    assert [v["outcome"] for v in verdicts] == ["passed", "failed", "passed", "failed"]
    assert main(["bench", "pass-at-k", *files, "--k", "1", "2"]) == 0
    said = capsys.readouterr().out
    assert "pass@1: 50.0%" in said and "pass@2: 83.3%" in said


@pytest.mark.parametrize(
    ("options", "outcomes"),
    [
        ([], ["passed", "passed", "failed", "failed"]),
        (["--answers.mode", "strict"], ["passed", "failed", "failed", "failed"]),
        (["--answers.mode", "lenient"], ["passed", "passed", "passed", "failed"]),
        (["--answers.marker", "=>"], ["passed", "passed", "failed", "passed"]),
        (["--answers.thinking-opened"], ["failed", "failed", "failed", "failed"]),
    ],
)
def test_verify_is_told_where_answers_stand(
    tmp_path: Path, capsys: Lines, options: list[str], outcomes: list[str]
) -> None:
    problems, candidates, out = (tmp_path / f"{x}.jsonl" for x in "pcv")
    problems.write_text(MATH)
    texts = [r"\boxed{2}", "The answer is 2.", "1 + 1 = 2", "3 - 1 => 2\nor is it 3?"]
    rows = [{"problem_id": "a", "index": i, "text": text} for i, text in enumerate(texts)]
    candidates.write_text("".join(json.dumps(row) + "\n" for row in rows))
    files = ["--problems", str(problems), "--candidates", str(candidates), "--out", str(out)]
    assert main(["verify", *files, *options]) == 0
    verdicts = [json.loads(line) for line in out.read_text().splitlines()]
    assert [v["outcome"] for v in verdicts] == outcomes
    capsys.readouterr()


@pytest.mark.slow
def test_sample_verify_train_in_a_chain_of_commands(tmp_path: Path) -> None:
    from veritune.config import ScratchConfig
    from veritune.models import build_scratch, load_policy, save_policy

    tiny = ScratchConfig(layers=1, width=32, heads=2, max_length=64)
    save_policy(*build_scratch(tiny, 0), tmp_path / "m")
    (tmp_path / "p.jsonl").write_text(MATH)
    at = {name: str(tmp_path / name) for name in ("m", "p.jsonl", "c.jsonl", "out")}
    files = ["--problems", at["p.jsonl"], "--model", at["m"]]
    options = ["--n", "6", "--sampler.max-tokens", "5"]
    assert main(["sample", *files, *options, "--out", at["c.jsonl"]]) == 0
    lines = (tmp_path / "c.jsonl").read_text().splitlines()
    assert sorted(json.loads(line)["index"] for line in lines) == list(range(6))
    words = [*files, "--candidates", at["c.jsonl"], "--out", at["out"], "--max-steps", "2"]
    assert main(["train", "sft", *words]) == 0
    load_policy(at["out"])
    assert main(["train", "sft", *words]) == 2


def test_the_demo_finds_its_recipes_from_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    recipes = demo.demo_recipes(demo._shipped(), "runs")
    assert [recipe.name for recipe in recipes][-1] == "demo-code"
    assert len(recipes) == 4
