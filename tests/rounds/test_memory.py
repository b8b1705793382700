"""The recipes for real models: laid out on a tiny model of the same architecture, and what the real
one takes of memory."""

import json
import tomllib
from pathlib import Path

import pytest
import torch

from veritune.cli import main
from veritune.config import Recipe, ScratchConfig, check_recipe, load_recipe
from veritune.errors import ModelError, RecipeError
from veritune.models import (
    ModelSizes,
    build_scratch,
    hidden_states,
    read_sizes,
    save_adapter,
    save_policy,
)
from veritune.rounds.memory import (
    PhaseMemory,
    _layer_bytes,
    check,
    estimate,
    memory_lines,
    trainable,
)

RECIPES = Path(__file__).resolve().parents[2] / "recipes"
TEMPLATE = "{% for m in messages %}<{{ m.role }}>{{ m.content }}\n{% endfor %}"
QWEN2 = {"model_type": "qwen2", "num_key_value_heads": 2, "vocab_size": 151936}
QWEN3 = {"model_type": "qwen3", "num_key_value_heads": 8, "vocab_size": 151936, "head_dim": 128}
LLAMA = {"model_type": "llama", "num_key_value_heads": 8, "vocab_size": 128256}


def shape(
    kind: dict[str, object], hidden: int, inner: int, layers: int, heads: int, **more: object
) -> dict[str, object]:
    sizes = {"hidden_size": hidden, "intermediate_size": inner, "num_hidden_layers": layers}
    tied = {"num_attention_heads": heads, "tie_word_embeddings": True}
    return kind | sizes | tied | more


# As published: the config's sizes, and billions of parameters as the model's card gives them.
REAL: dict[str, tuple[dict[str, object], float]] = {
    "Qwen/Qwen2.5-0.5B-Instruct": (shape(QWEN2, 896, 4864, 24, 14), 0.49),
    "Qwen/Qwen2.5-Coder-0.5B-Instruct": (shape(QWEN2, 896, 4864, 24, 14), 0.49),
    "Qwen/Qwen3-0.6B": (shape(QWEN3, 1024, 3072, 28, 16), 0.60),
    "Qwen/Qwen3-1.7B": (shape(QWEN3, 2048, 6144, 28, 16), 1.72),
    "Qwen/Qwen3-4B": (shape(QWEN3, 2560, 9728, 36, 32), 4.02),
    "meta-llama/Llama-3.2-1B-Instruct": (shape(LLAMA, 2048, 8192, 16, 32), 1.24),
    "meta-llama/Llama-3.2-3B-Instruct": (shape(LLAMA, 3072, 8192, 28, 24), 3.21),
}
for name in ("Qwen/Qwen2.5-7B-Instruct", "Qwen/Qwen2.5-Coder-7B-Instruct"):
    untied = {"num_key_value_heads": 4, "vocab_size": 152064, "tie_word_embeddings": False}
    REAL[name] = (shape(QWEN2, 3584, 18944, 28, 28, **untied), 7.62)
SMOLLM2 = shape(LLAMA, 576, 1536, 30, 9, num_key_value_heads=3, vocab_size=49152)
REAL["models/smollm2-135m"] = (SMOLLM2, 0.135)
OF_REAL = sorted(
    path.name
    for path in RECIPES.glob("*.toml")
    if "path" in tomllib.loads(path.read_text()).get("model", {})
)
GPU = {"gsm8k-llama-3.2-3b-lora.toml": 40e9}


def folder_of(config: dict[str, object], folder: Path) -> Path:
    """What a dry run reads of a model: no weights."""
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "chat_template.jinja").write_text(TEMPLATE)
    return folder


def sizes_of(recipe: Recipe, folder: Path) -> ModelSizes:
    assert recipe.model.path is not None
    return read_sizes(folder_of(REAL[recipe.model.path][0], folder))


def problems(recipe: Recipe, folder: Path) -> list[str]:
    """Options that put small files in the places of the recipe's data."""
    rows = {
        "gsm8k": {"question": "1+1?", "answer": "It is <<1+1=2>>2.\n#### 2"},
        "mbpp": {"text": "Add.", "code": "def add(a, b):\n    return a + b"}
        | {"test_list": ["assert add(1, 2) == 3"], "test_setup_code": ""},
        "file": {"problem": "1+1?", "answer": "2"},
    }
    source = recipe.problems.source
    if source not in rows:
        return []
    words = []
    for first, option in ((0, "path"), (100, "test_path")):
        if getattr(recipe.problems, option) is not None:
            file = folder / f"{option}.jsonl"
            texts = [f"{option} {i}: {i}+{i}?" for i in range(first, first + 20)]
            key = next(iter(rows[source]))
            made = [rows[source] | {key: text, "task_id": i} for i, text in enumerate(texts)]
            if source != "mbpp":
                made = [{k: v for k, v in row.items() if k != "task_id"} for row in made]
            file.write_text("".join(f"{json.dumps(row)}\n" for row in made))
            words += [f"--problems.{option.replace('_', '-')}", str(file)]
    return words


def test_every_family_and_algorithm_has_a_recipe() -> None:
    recipes = [load_recipe(RECIPES / name) for name in OF_REAL]
    assert {recipe.model.path for recipe in recipes} == set(REAL)
    assert {recipe.trainer.type for recipe in recipes} >= {"sft", "grpo", "dapo", "ppo"}
    assert {bool(recipe.model.lora.rank) for recipe in recipes} == {True, False}
    thinking = {recipe.prompt.template_kwargs.get("enable_thinking") for recipe in recipes}
    assert thinking >= {True, False}
    for name in OF_REAL:
        head = (RECIPES / name).read_text().partition("\nname")[0]
        assert "# Hardware: " in head, name


@pytest.mark.parametrize("name", OF_REAL)
def test_a_recipe_is_laid_out_on_a_tiny_model_of_its_architecture(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = load_recipe(RECIPES / name)
    assert recipe.model.path is not None
    config = REAL[recipe.model.path][0]
    small = {"hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2, "head_dim": 16}
    small |= {"num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": 128}
    model = folder_of(config | small, tmp_path / "model")
    words = ["--model.path", str(model), *problems(recipe, tmp_path)]
    assert main(["run", str(RECIPES / name), "--dry-run", *words]) == 0
    said = capsys.readouterr().out
    assert "# first prompt:\n# [" in said
    assert "# memory at most (0.00 billion weights" in said
    phases = ["sampling", "training"] if recipe.trainer.type == "sft" else ["scoring"]
    assert all(f"# {phase} " in said for phase in phases)


@pytest.mark.parametrize("name", OF_REAL)
def test_a_recipe_fits_what_it_says(name: str, tmp_path: Path) -> None:
    recipe = load_recipe(RECIPES / name)
    assert recipe.model.path is not None
    sizes = sizes_of(recipe, tmp_path / "model")
    assert sizes.parameters / 1e9 == pytest.approx(REAL[recipe.model.path][1], rel=0.01)
    gpu = GPU.get(name, 80e9)
    check(estimate(recipe, sizes, gpu=gpu), gpu)


def test_what_cannot_fit_is_refused_with_what_to_change(tmp_path: Path) -> None:
    recipe = load_recipe(RECIPES / "mbpp-qwen2.5-coder-7b-lora-8gpu.toml")
    sizes = sizes_of(recipe, tmp_path / "model")
    whole = recipe.model_copy(
        update={"model": recipe.model.model_copy(update={"lora": type(recipe.model.lora)()})}
    )
    with pytest.raises(RecipeError, match=r"memory: sampling +\d+\.\d GB: weights 15\.2"):
        check(estimate(whole, sizes, gpu=80e9), 80e9)
    little = check_recipe({"sampler": {"type": "vllm", "gpu_memory_utilization": 0.1}}, "test")
    with pytest.raises(RecipeError, match=r"raise sampler\.gpu_memory_utilization"):
        estimate(little, sizes, gpu=80e9)
    with pytest.raises(RecipeError, match=r"trainer\.activation_checkpointing"):
        check([PhaseMemory("training", {"weights": 9e9})], 8e9)
    assert memory_lines(check_recipe({}, "test")) == []
    with pytest.raises(ModelError, match=r"has no config\.json"):
        read_sizes("./gone")
    with pytest.raises(ModelError, match="no model can be laid out"):
        read_sizes(folder_of({"model_type": "gone"}, tmp_path / "gone"))


def test_what_is_offloaded_takes_nothing_while_sampling(tmp_path: Path) -> None:
    sizes = read_sizes(folder_of(shape(QWEN2, 896, 4864, 24, 14), tmp_path / "model"))
    values = {"type": "ppo", "critic": "own"}
    plain, away = (
        {phase.phase: phase.total for phase in estimate(recipe, sizes)}
        for recipe in (
            check_recipe({"trainer": values | {"offload": offload}}, "test")
            for offload in (False, True)
        )
    )
    assert plain["sampling"] - away["sampling"] == pytest.approx((8 + 16) * sizes.parameters)
    assert plain["training"] == away["training"]


@pytest.mark.parametrize("architecture", ["qwen2", "llama"])
def test_counts_are_those_of_the_model(architecture: str, tmp_path: Path) -> None:
    values = {"architecture": architecture, "layers": 2, "width": 32, "heads": 2}
    recipe = check_recipe({"model": {"scratch": values, "lora": {"rank": 3}}}, "test")
    model, tokenizer = build_scratch(recipe.model.scratch, 0)
    base = save_policy(model, tokenizer, tmp_path / "base")
    sizes = read_sizes(base.path)
    assert sizes.parameters == sum(p.numel() for p in model.parameters())
    adapter = save_adapter(base.path, recipe.model.lora, 0, tmp_path / "adapter")
    from safetensors.torch import load_file

    tensors = load_file(Path(adapter.path) / "adapter_model.safetensors")
    assert trainable(recipe, sizes) == sum(t.numel() for t in tensors.values())
    assert all(isinstance(t, torch.Tensor) for t in tensors.values())


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("architecture", ["qwen2", "llama"])
def test_activations_are_those_that_torch_keeps(
    architecture: str, dtype: torch.dtype, tmp_path: Path
) -> None:
    kept: list[float] = []
    for layers in (2, 4):
        config = ScratchConfig.model_validate({"architecture": architecture, "layers": layers})
        model, tokenizer = build_scratch(config, 0)
        weights = {p.untyped_storage().data_ptr() for p in model.parameters()}
        found: dict[int, int] = {}

        def keep(
            tensor: torch.Tensor, weights: set[int] = weights, found: dict[int, int] = found
        ) -> torch.Tensor:
            storage = tensor.untyped_storage()
            if storage.data_ptr() not in weights:
                found[storage.data_ptr()] = storage.nbytes()
            return tensor

        context = torch.autocast("cpu", dtype=dtype, enabled=dtype == torch.bfloat16)
        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor), context:
            out = hidden_states(model.train(), torch.randint(2, 90, (4, 256)))
        assert out.shape == (4, 256, 128)
        kept.append(sum(found.values()))
    sizes = read_sizes(save_policy(model, tokenizer, tmp_path / "model").path)
    a_layer = (kept[1] - kept[0]) / 2 / (4 * 256)
    assert _layer_bytes(sizes, dtype.itemsize) == pytest.approx(a_layer, rel=0.05)
