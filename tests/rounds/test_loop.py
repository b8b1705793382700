"""The loop, end to end on tiny models: what it writes, and that a killed run resumes."""

import asyncio
import json
import random
import shutil
import time
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from warm import Warm

from veritune.config import Recipe, check_recipe
from veritune.errors import TrainingError
from veritune.rounds import improve, start_policy
from veritune.rounds.progress import NullProgress
from veritune.store import Store
from veritune.store.folder import to_toml


def tiny(output: Path, begun: bool = True, **change: object) -> Recipe:
    """Chains of one easy step, which a tiny model gets right now and then. `begun`: its start is
    there, as an earlier run would have left it."""
    values: dict[str, object] = {
        "output": str(output),
        "threads": 1,
        "model": {"scratch": {"layers": 1, "width": 32, "heads": 2, "max_length": 64}},
        "problems": {
            "source": "chain",
            "train": 40,
            "test": 10,
            "chain": {"steps": 1, "operators": "+", "largest_term": 19, "misconception": 0.0},
        },
        "warm_start": {
            "demonstrations": 80,
            "max_steps": 120,
            "batch_size": 32,
            "learning_rate": 5e-3,
        },
        "rounds": {"count": 2, "prompts": 20},
        "sampler": {"n": 4, "max_tokens": 8},
        "trainer": {"max_steps": 4, "batch_size": 8},
        "evaluation": {"n": 2, "k": 2},
    }
    recipe = check_recipe(values | change, "test")
    if begun and recipe.warm_start.demonstrations and recipe.model.path is None:
        share_start(recipe)
    return recipe


@cache
def starts() -> TemporaryDirectory[str]:
    """Where this process keeps what runs have started from; it goes with the process."""
    return TemporaryDirectory(prefix="starts-")


def share_start(recipe: Recipe) -> None:
    """Puts a run's start where it looks for it; each is trained once a process."""
    kept = recipe.model_copy(update={"output": starts().name})
    made = Path(start_policy(kept, NullProgress()).path)
    there = Path(recipe.output, "starts", made.name)
    if not there.exists():
        shutil.copytree(made, there)


def contents(folder: Path) -> list[tuple[object, ...]]:
    """Everything that a run's journal says, but for how long things took."""
    found: list[tuple[object, ...]] = []
    with Store.open(folder, read_only=True) as store:
        for name in store.names():
            found += [
                (name, c.problem_id, c.index, c.text, c.policy) for c in store.candidates(name)
            ]
            found += [(name, p.id, v.index, v.outcome) for p, _, v in store.verified(name)]
            found += [(name, *key) for key in sorted(store.selected(name))]
        found += [(row["round"], row["pass_at_1"], row["policy"]) for row in store.evaluations()]
    return found


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    recipe = tiny(tmp_path_factory.mktemp("whole"), begun=False)
    asyncio.run(improve(recipe))
    return recipe.folder


def test_a_run_leaves_everything_on_disk(finished: Path) -> None:
    with Store.open(finished, read_only=True) as store:
        assert [row["round"] for row in store.metrics("evaluate")] == [0, 1, 2]
        for round in (1, 2):
            assert len(store.verified_keys(f"train/{round}")) == 20 * 4
            rows = list(store.verified(f"train/{round}"))
            passed = {(c.problem_id, c.index) for _, c, v in rows if v.outcome == "passed"}
            assert store.selected(f"train/{round}") and store.selected(f"train/{round}") <= passed
        first = {c.problem_id for _, c, _ in store.verified("train/1")}
        second = {c.problem_id for _, c, _ in store.verified("train/2")}
        assert not first & second
        assert len(store.metrics("train")) == 2 * 4
    assert (finished / "metrics.jsonl").read_text().count("\n") == 3 + 2 + 8
    assert {p.name for p in (finished / "checkpoints").iterdir()} == {"round-1", "round-2"}


def test_a_run_says_where_its_time_went_and_on_what_machine(finished: Path) -> None:
    with Store.open(finished, read_only=True) as store:
        phases = [json.loads(text) for text in store.facts("phase")]
        (machine,) = map(json.loads, store.facts("machine"))
    rounds = ["sample and verify", "train", "evaluate"]
    told = [(fact["round"], fact["phase"]) for fact in phases]
    assert told == [(0, "start"), (0, "evaluate"), *((r, p) for r in (1, 2) for p in rounds)]
    assert all(fact["seconds"] > 0 for fact in phases)
    assert phases[2]["candidates"] == 80 and phases[2]["tokens"] > 80
    assert machine["cores"] >= 1 and "torch" in machine["versions"]


def test_candidates_name_the_policy_that_drew_them(finished: Path) -> None:
    with Store.open(finished, read_only=True) as store:
        measured = {row["round"]: row["policy"] for row in store.metrics("evaluate")}
        assert len(set(measured.values())) == 3
        for round in (1, 2):
            drawn = {c.policy for _, c, _ in store.verified(f"train/{round}")}
            verified = {c.policy for _, c, _ in store.verified(f"test/{round}")}
            assert (drawn, verified) == ({measured[round - 1]}, {measured[round]})


def test_running_a_finished_run_again_changes_nothing(finished: Path) -> None:
    before = contents(finished)
    asyncio.run(improve(tiny(finished.parent)))
    assert contents(finished) == before


def test_arms_share_their_start(finished: Path) -> None:
    other = tiny(finished.parent, name="other", selection={"reward": "demonstrations"})
    other = other.model_copy(update={"rounds": other.rounds.model_copy(update={"count": 1})})
    rows = asyncio.run(improve(other))
    with Store.open(finished, read_only=True) as store:
        assert rows[0]["policy"] == store.metrics("evaluate")[0]["policy"]
    assert len(list((finished.parent / "starts").iterdir())) == 1
    with Store.open(other.folder, read_only=True) as store:
        assert store.verified_keys("train/1") == set()


def test_nothing_selected_is_said_and_not_trained_through(tmp_path: Path) -> None:
    recipe = tiny(tmp_path, warm_start={"demonstrations": 0})
    with pytest.raises(TrainingError, match=r"none of 80 candidates was selected \(0 passed\): "):
        asyncio.run(improve(recipe))


def test_a_round_without_anything_to_train_on_is_skipped_where_asked(tmp_path: Path) -> None:
    rounds = {"count": 2, "prompts": 4, "on_empty": "skip"}
    recipe = tiny(tmp_path, warm_start={"demonstrations": 0}, rounds=rounds)
    progress = Told()
    rows = asyncio.run(improve(recipe, progress))
    assert len({row["policy"] for row in rows}) == 1 and len(rows) == 3
    assert {path.name for path in (recipe.folder / "checkpoints").iterdir()} == {
        "round-1",
        "round-2",
    }
    assert any("the policy stays as it is" in line for line in progress.lines)
    before = contents(recipe.folder)
    asyncio.run(improve(recipe))
    assert contents(recipe.folder) == before


class Told(NullProgress):
    """Keeps what is said."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, text: str) -> None:
        self.lines.append(text)


@pytest.mark.slow
def test_a_run_killed_again_and_again_ends_as_if_it_had_not_been(
    finished: Path, tmp_path: Path
) -> None:
    recipe = tiny(tmp_path, begun=False)
    path = tmp_path / "recipe.toml"
    path.write_text(to_toml(recipe))
    rng = random.Random(7)
    kills = 0
    for _ in range(40):
        run = Warm("-m", "veritune", "run", path)
        patience = rng.uniform(0.3, 2.0) * (1 + kills / 4)  # some processors are slow
        while run.poll() is None and run.spent() < patience:
            time.sleep(0.02)
        if run.poll() is not None:
            break
        run.kill()
        kills += 1
    assert run.poll() == 0, run.said()
    assert kills > 0
    assert contents(recipe.folder) == contents(finished)


def test_an_adapter_is_merged_into_the_start(tmp_path: Path) -> None:
    import torch
    from peft import LoraConfig, get_peft_model

    from veritune.config import ScratchConfig
    from veritune.models import build_scratch, load_policy, save_policy

    shape = ScratchConfig(layers=1, width=32, heads=2, max_length=64)
    base = save_policy(*build_scratch(shape, 0), tmp_path / "base")
    model, _ = load_policy(base.path)
    adapted = get_peft_model(model, LoraConfig(r=2, target_modules=["q_proj"]))
    with torch.no_grad():
        for name, value in adapted.named_parameters():
            if "lora_B" in name:
                value.fill_(0.1)
    adapted.save_pretrained(tmp_path / "adapter")
    given = {"path": base.path, "adapter": str(tmp_path / "adapter")}
    recipe = tiny(tmp_path, model=given, warm_start={"demonstrations": 0})
    start = start_policy(recipe, NullProgress())
    merged, _ = load_policy(start.path)
    ids = torch.tensor([[5, 6, 7]])
    assert start.policy != base.policy
    assert torch.allclose(merged(ids).logits, adapted.eval()(ids).logits, atol=1e-5)


def test_a_start_is_the_same_built_inside_an_event_loop_and_outside(tmp_path: Path) -> None:
    taught = {"demonstrations": 20, "max_steps": 3, "batch_size": 4}

    def asked(name: str) -> Recipe:
        return tiny(tmp_path / name, begun=False, warm_start=taught)

    async def inside() -> str:
        return start_policy(asked("in"), NullProgress()).policy

    outside = start_policy(asked("out"), NullProgress()).policy
    assert asyncio.run(inside()) == outside
