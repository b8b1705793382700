"""The recipes for real models, on tiny models of the same architecture and layout."""

import asyncio
from pathlib import Path

import pytest

from veritune.config import Recipe, load_recipe
from veritune.errors import TrainingError
from veritune.records import Checkpoint
from veritune.rounds import improve
from veritune.store import Store

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
TEMPLATE = (
    "{% for message in messages %}<{{ message.role }}>{{ message.content }}\n{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)


def tiny_chat_model(folder: Path) -> Checkpoint:
    from veritune.config import ScratchConfig
    from veritune.models import build_scratch, save_policy

    shape = ScratchConfig(layers=1, width=32, heads=2, max_length=1024)
    characters = "\n\u2019\u2013\u00a3" + "".join(map(chr, range(32, 127)))
    model, tokenizer = build_scratch(shape, 0, characters)
    tokenizer.chat_template = TEMPLATE
    return save_policy(model, tokenizer, folder)


def shrunk(name: str, data: Path, model: Checkpoint, output: Path) -> Recipe:
    """The recipe as it is, but for size and what this machine lacks."""
    recipe = load_recipe(ROOT / "recipes" / f"{name}.toml")
    problems = recipe.problems.model_copy(update={"path": str(data), "train": 6, "test": 2})
    sampler = recipe.sampler.model_copy(update={"type": "native", "n": 2, "max_tokens": 12})
    return recipe.model_copy(
        update={
            "output": str(output),
            "model": recipe.model.model_copy(update={"path": model.path, "dtype": "float32"}),
            "problems": problems,
            "sampler": sampler,
            "rounds": recipe.rounds.model_copy(update={"count": 1, "prompts": 3}),
            "evaluation": recipe.evaluation.model_copy(update={"n": 1, "k": 1}),
        }
    )


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("gsm8k-qwen2.5-0.5b", DATA / "gsm8k" / "test.jsonl"),
        ("mbpp-qwen2.5-coder-0.5b", DATA / "mbpp" / "sanitized-mbpp.json"),
    ],
)
def test_the_whole_chain_runs_to_an_honest_end(name: str, data: Path, tmp_path: Path) -> None:
    if not data.exists():
        pytest.skip(f"{data.name} is not beside the checkout")
    recipe = shrunk(name, data, tiny_chat_model(tmp_path / "model"), tmp_path / "runs")
    with pytest.raises(TrainingError, match=r"round 1: none of 6 candidates was selected"):
        asyncio.run(improve(recipe))
    with Store.open(recipe.folder, read_only=True) as store:
        rows = list(store.verified("train/1"))
        assert len(rows) == 6
        assert all(verdict.outcome == "failed" for _, _, verdict in rows)
        prompt = rows[0][0].prompt
        assert isinstance(prompt, list)
        assert prompt[0]["content"].endswith(recipe.prompt.instruction)
