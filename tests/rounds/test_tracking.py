"""Measurements reach the tracker, each once, also where a run was stopped and resumes."""

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from veritune.cli import main
from veritune.config import ScratchConfig, check_recipe
from veritune.errors import RecipeError
from veritune.files import write_records
from veritune.journal import Journal
from veritune.models import build_scratch, save_policy
from veritune.records import Candidate, MathProblem, MathReference
from veritune.rounds import improve
from veritune.rounds.tracking import tracked_run, tracked_training

needs_tensorboard = pytest.mark.skipif(find_spec("tensorboard") is None, reason="needs tensorboard")
Curves = dict[str, list[tuple[int, float]]]


def curves(folder: Path) -> Curves:
    """What tensorboard itself reads in a folder: (step, value) by tag."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found = EventAccumulator(str(folder), size_guidance={"scalars": 0})
    found.Reload()
    tags = found.Tags()["scalars"]
    return {tag: [(point.step, point.value) for point in found.Scalars(tag)] for tag in tags}


def rows(round: int, steps: range) -> list[dict[str, Any]]:
    named = {"round": round, "phase": "train"}
    return [named | {"step": s, "loss": 10.0 * round + s, "warnings": ["!"]} for s in steps]


def put_in_two_sittings(folder: Path, tracker: Any) -> None:
    """The second begins a round again that the first left unfinished."""
    with Journal.open(folder) as journal, tracked_run(tracker, journal, {"seed": 0}):
        journal.put_metrics(rows(1, range(1, 4)))
        journal.put_metrics(rows(2, range(1, 3)))
    with Journal.open(folder) as journal, tracked_run(tracker, journal, {"seed": 0}):
        journal.put_metrics(rows(2, range(1, 4)))
        journal.put_metrics([{"round": 2, "phase": "evaluate", "pass_at_1": 0.5, "k": None}])


EXPECTED = [(1, 11.0), (2, 12.0), (3, 13.0), (4, 21.0), (5, 22.0), (6, 23.0)]


@needs_tensorboard
def test_what_is_put_again_is_told_once(tmp_path: Path) -> None:
    put_in_two_sittings(tmp_path, "tensorboard")
    found = curves(tmp_path / "tracker")
    assert found == {"train/loss": EXPECTED, "evaluate/pass_at_1": [(2, 0.5)]}


@needs_tensorboard
def test_a_run_that_goes_on_goes_on_in_the_tracker(tmp_path: Path) -> None:
    values: dict[str, Any] = {
        "output": str(tmp_path),
        "tracker": "tensorboard",
        "threads": 1,
        "model": {"scratch": {"layers": 1, "width": 32, "heads": 2, "max_length": 64}},
        "problems": {"source": "chain", "train": 20, "test": 5, "chain": {"steps": 1}},
        "selection": {"reward": "demonstrations"},
        "warm_start": {"demonstrations": 20, "max_steps": 4, "batch_size": 8},
        "rounds": {"count": 1, "prompts": 10},
        "sampler": {"n": 2, "max_tokens": 8},
        "trainer": {"max_steps": 3, "batch_size": 8},
        "evaluation": {"n": 2, "k": 2},
    }
    for count in (1, 2):
        asyncio.run(improve(check_recipe(values | {"rounds": {"count": count}}, "test")))
    found = curves(tmp_path / "run" / "tracker")
    with Journal.open(tmp_path / "run", read_only=True) as journal:
        losses = [row["loss"] for row in journal.metrics("train")]
        evaluations = [row["pass_at_1"] for row in journal.metrics("evaluate")]
    assert found["train/loss"] == [(i, pytest.approx(x)) for i, x in enumerate(losses, 1)]
    assert len(losses) == 6
    assert found["evaluate/pass_at_1"] == [(i, x) for i, x in enumerate(evaluations)]
    assert len(evaluations) == 3


@needs_tensorboard
def test_a_training_tells_each_step_once(tmp_path: Path) -> None:
    out = tmp_path / "out"
    for resumes, steps in ((False, range(1, 6)), (True, range(4, 9))):
        with tracked_training("tensorboard", out, {}, resumes=resumes) as tell:
            for step in steps:
                tell({"step": step, "loss": step / 2})
    found = curves(tmp_path / "out.tracker")
    assert found == {"train/loss": [(step, step / 2) for step in range(1, 9)]}

    with tracked_training("tensorboard", out, {}, resumes=False) as tell:
        tell({"step": 1, "loss": 7.0})
    assert curves(tmp_path / "out.tracker") == {"train/loss": [(1, 7.0)]}


@needs_tensorboard
def test_the_training_commands_have_trackers(tmp_path: Path) -> None:
    shape = ScratchConfig(layers=1, width=32, heads=2, max_length=32)
    save_policy(*build_scratch(shape, 0), tmp_path / "model")
    problem = MathProblem(id="p", prompt="1+1=", reference=MathReference(answer="2"))
    write_records(tmp_path / "p.jsonl", [problem])
    write_records(tmp_path / "c.jsonl", [Candidate(problem_id="p", index=0, text="2")])
    words = ["train", "sft", "--model", str(tmp_path / "model"), "--max-steps", "3"]
    words += ["--problems", str(tmp_path / "p.jsonl"), "--candidates", str(tmp_path / "c.jsonl")]
    assert main([*words, "--out", str(tmp_path / "out"), "--tracker", "tensorboard"]) == 0
    assert [step for step, _ in curves(tmp_path / "out.tracker")["train/loss"]] == [1, 2, 3]


@pytest.mark.parametrize("name", ["wandb", "trackio"])
def test_a_missing_package_is_one_line(tmp_path: Path, name: Any) -> None:
    if find_spec(name) is not None:
        pytest.skip(f"{name} is installed")
    with pytest.raises(RecipeError, match=rf"pip install 'veritune\[{name}\]'"):
        put_in_two_sittings(tmp_path, name)


def in_a_process_of_its_own(folder: Path, tracker: str, environment: dict[str, str]) -> None:
    """These start services and heed variables that must not reach other tests."""
    call = "from test_tracking import put_in_two_sittings as put; from pathlib import Path; "
    code = f"{call}put(Path({str(folder / 'run')!r}), {tracker!r})"
    (folder / "run").mkdir()
    path = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | environment | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.skipif(find_spec("wandb") is None, reason="needs wandb")
def test_wandb_goes_on_with_the_same_run(tmp_path: Path) -> None:
    in_a_process_of_its_own(tmp_path, "wandb", {"WANDB_MODE": "offline"})
    id = (tmp_path / "run" / "tracker" / "id").read_text()
    sittings = sorted((tmp_path / "run" / "tracker" / "wandb").glob("offline-run-*"))
    assert len(sittings) == 2 and all(path.name.endswith(f"-{id}") for path in sittings)
    losses = [wandb_losses(path / f"run-{id}.wandb") for path in sittings]
    assert losses[0] + losses[1] == EXPECTED


def wandb_losses(path: Path) -> list[tuple[int, float]]:
    from wandb.proto import wandb_internal_pb2

    found = []
    for data in wandb_records(path.read_bytes()):
        record = wandb_internal_pb2.Record()
        record.ParseFromString(data)
        items = record.history.item
        row = {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in items}
        if "train/loss" in row:
            found.append((row["train/step"], row["train/loss"]))
    return found


def wandb_records(log: bytes) -> Iterator[bytes]:
    """LevelDB's log: blocks of 32 KiB; in them crc (4), length (2), kind (1) and data."""
    at, parts = 7, b""
    while at < len(log):
        if (room := 32768 - at % 32768) < 7:
            at += room
            continue
        length, kind = int.from_bytes(log[at + 4 : at + 6], "little"), log[at + 6]
        parts += log[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (1, 4):  # Whole, or its last part.
            yield parts
            parts = b""


@pytest.mark.slow
@pytest.mark.skipif(find_spec("trackio") is None, reason="needs trackio")
def test_trackio_goes_on_with_the_same_run(tmp_path: Path) -> None:
    in_a_process_of_its_own(tmp_path, "trackio", {"TRACKIO_DIR": str(tmp_path / "trackio")})
    id = (tmp_path / "run" / "tracker" / "id").read_text()
    db = sqlite3.connect(tmp_path / "trackio" / "veritune.db")
    rows = db.execute("select run_name, metrics from metrics order by id").fetchall()
    db.close()
    assert {name for name, _ in rows} == {f"run-{id}"}
    logged = [json.loads(values) for _, values in rows]
    told = [(row["train/step"], row["train/loss"]) for row in logged if "train/loss" in row]
    assert told == EXPECTED
