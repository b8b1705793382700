"""A recipe: one TOML file, checked against frozen models before anything runs.

`load_recipe` reads the file; `RecipeError` names the file, the key and the mend in one line.
"""

from __future__ import annotations

import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    model_validator,
)

from veritune.errors import MissingFileError, RecipeError

Family = Literal["arithmetic", "conditionals", "strings", "lists"]
Positive = Annotated[int, Field(gt=0)]
Count = Annotated[int, Field(ge=0)]
Rate = Annotated[float, Field(ge=0, le=1)]
PositiveFloat = Annotated[float, Field(gt=0)]


class Frozen(BaseModel):
    """Base of every part of a recipe: immutable, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


class ScratchConfig(Frozen):
    """A model built from nothing, in a real architecture, with a character tokenizer."""

    architecture: Literal["qwen2", "llama"] = "qwen2"
    """Which transformers architecture to build."""
    layers: Positive = 2
    """Transformer blocks."""
    width: Positive = 128
    """Hidden size."""
    heads: Positive = 4
    """Attention heads; must divide the width."""
    max_length: Positive = 256
    """Longest sequence in tokens, prompt and completion together."""

    @model_validator(mode="after")
    def _heads_divide_width(self) -> ScratchConfig:
        if self.width % (2 * self.heads):
            raise ValueError(f"width ({self.width}) must be a multiple of 2 x heads ({self.heads})")
        return self


class LoraConfig(Frozen):
    """Low-rank adapters beside frozen weights: what is trained and saved in place of the model."""

    rank: Count = 0
    """Rank of the adapters; 0 trains all weights."""
    alpha: PositiveFloat = 16.0
    """Their output is scaled by this over the rank."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Dropout of their input."""
    dora: bool = False
    """Train the magnitude of each weight's columns apart from their direction."""
    targets: tuple[str, ...] = ()
    """Names of the layers that get one; left out: every linear layer but the last."""


class ModelConfig(Frozen):
    """The policy that the run starts from."""

    path: str | None = None
    """A Hugging Face folder or hub name. Leave it out to build `scratch` instead."""
    adapter: str | None = None
    """A PEFT adapter folder or hub name; its weights are merged into the model's at the start."""
    dtype: Literal["float32", "bfloat16"] = "float32"
    """Precision of weights and activations."""
    lora: LoraConfig = LoraConfig()
    scratch: ScratchConfig = ScratchConfig()
    """The model to build where no path is given."""


class ChainConfig(Frozen):
    """Left-to-right modular arithmetic with written steps; the answer is the last value's rest."""

    steps: Positive = 5
    """Operations in a problem."""
    operators: str = Field(default="+-*", pattern=r"^[-+*]+$")
    """What is drawn from, each character equally often; repeat one to draw it more."""
    modulus: Annotated[int, Field(ge=2, le=100)] = 100
    """Every value is taken modulo this, and written with two digits."""
    largest_term: Annotated[int, Field(ge=0, le=99)] = 99
    """Start values and operands of + and - are drawn from 0 to this."""
    largest_factor: Annotated[int, Field(ge=2, le=99)] = 9
    """Operands of * are drawn from 2 to this."""
    answer_modulus: Annotated[int, Field(ge=1, le=100)] = 10
    """The answer is the last value modulo this: the chance that a wrong trace hits is 1 in it."""
    misconception: Rate = 0.6
    """How often the teacher subtracts the smaller digit from the larger where it should borrow."""
    slips: Rate = 0.05
    """How often the teacher writes a wrong value at any step."""


class EquationsConfig(Frozen):
    """Linear equations, solved line by line with exact numbers."""

    largest: Annotated[int, Field(ge=3, le=99)] = 19
    """Coefficients are drawn up to this."""
    misconception: Rate = 0.6
    """How often the teacher, where it may, forgets to change the sign of a term that it moves."""
    slips: Rate = 0.05
    """How often the teacher writes a wrong number at any step."""


class FunctionsConfig(Frozen):
    """Small Python functions from a one-line spec, with hidden tests."""

    families: Annotated[tuple[Family, ...], Field(min_length=1)] = get_args(Family)
    """Which kinds of function to draw from, equally often."""
    tests: Positive = 8
    """Hidden calls a problem."""
    mistakes: Rate = 0.6
    """How often the teacher writes a typical wrong function."""


class ProblemsConfig(Frozen):
    """Where problems come from, and how many."""

    source: str = "chain"
    """chain, equations, functions, gsm8k, humaneval, mbpp, or veritune (a file of problems)."""
    path: str | None = None
    """File, folder or hub name of the training problems; generators need none."""
    test_path: str | None = None
    """The same for held-out problems; left out, they are split off the training problems."""
    train: Positive = 2000
    """Training problems."""
    test: Positive = 500
    """Held-out problems, disjoint from the training problems."""
    instruction: str = ""
    """Text put after every prompt, a blank line apart, such as the form the answer must have."""
    chat: bool = False
    """Give every prompt to the model as a user's turn, through its chat template."""
    chain: ChainConfig = ChainConfig()
    equations: EquationsConfig = EquationsConfig()
    functions: FunctionsConfig = FunctionsConfig()


class FitConfig(Frozen):
    """What every fit of a model to fixed examples shares: AdamW, warm-up, then linear decay."""

    updates: Positive = 150
    """Optimizer steps."""
    batch_size: Positive = 64
    """Examples a step."""
    micro_batch: Count = 0
    """Examples computed at once, those of like length together; 0 means the whole batch."""
    learning_rate: PositiveFloat = 1e-3
    """Peak learning rate."""
    warmup: Count = 10
    """Steps of linear warm-up."""
    weight_decay: Annotated[float, Field(ge=0)] = 0.01
    """AdamW weight decay."""
    clip: PositiveFloat = 1.0
    """Largest gradient norm."""
    autocast: Literal["none", "bfloat16"] = "none"
    """Precision of the forward pass over full-precision weights."""
    recompute: bool = False
    """Compute activations again in the backward pass: less memory, more time."""
    save_every: Count = 200
    """Steps from one saved state to the next: from there a killed training goes on; 0: none."""


class SftConfig(FitConfig):
    """Maximum likelihood on completion tokens."""

    packing: Count = 0
    """Join examples into rows of up to this many tokens, none of which sees another; 0: pad."""


class RewardConfig(FitConfig):
    """A scalar head on a causal language model, trained to tell good solutions from bad."""

    learning_rate: PositiveFloat = 3e-4
    updates: Positive = 500


class DpoConfig(FitConfig):
    """Direct preference optimisation on pairs of one verified and one refuted candidate."""

    learning_rate: PositiveFloat = 1e-4
    beta: PositiveFloat = 0.1
    """How strongly the policy is held to the reference."""
    label_smoothing: Annotated[float, Field(ge=0, lt=0.5)] = 0.0
    """Share of pairs that are taken to be the wrong way round."""
    sft: Annotated[float, Field(ge=0)] = 0.0
    """Weight of the chosen completion's own negative log-likelihood beside the loss."""


class PairConfig(Frozen):
    """How pairs are made of judged candidates."""

    pairs: Positive = 4
    """At most this many pairs a problem."""
    steps: bool = False
    """Take a right answer with a wrong step for refuted."""


class WarmStartConfig(SftConfig):
    """Demonstrations that the model is trained on before the first round."""

    demonstrations: Count = 0
    """How many to draw from the problem source's teacher or references; 0 means no warm start."""
    updates: Positive = 300


class SftTrainerConfig(SftConfig):
    """Maximum likelihood on what `selection` kept; `type` may be left out."""

    type: Literal["sft"] = "sft"
    """Supervised fine-tuning."""
    start: Literal["current", "base"] = "current"
    """What each round trains: the policy of the round before, or the run's start (ReST-EM)."""


class DpoTrainerConfig(DpoConfig, PairConfig):
    """DPO on the pairs of a round's candidates."""

    type: Literal["dpo"]
    """Direct preference optimisation."""


class CreditConfig(Frozen):
    """How a verdict becomes rewards at token positions."""

    outcome: Annotated[float, Field(ge=0)] = 1.0
    """Weight of the outcome's reward, on the end token: this times the verdict's score."""
    process: Annotated[float, Field(ge=0)] = 0.0
    """Weight of the steps' rewards, each on its step's last token; 0 means none."""
    form: Literal["sum", "delta", "min", "all"] = "min"
    """What a step earns: its value; its value less the next one's; its share of the worst; or
    nothing, but the last one the worst of all."""
    correct: float = 1.0
    """Value of a step that was found correct; unchecked steps have none."""
    incorrect: float = -1.0
    """Value of a step that was found incorrect."""
    min_temperature: PositiveFloat = 0.1
    """min: how sharply the worst step stands for all."""


class RlConfig(Frozen):
    """What PPO and the group baselines share."""

    credit: CreditConfig = CreditConfig()
    epochs: Positive = 1
    """Passes over a round's candidates."""
    minibatch: Positive = 128
    """Candidates an optimizer step."""
    micro_batch: Positive = 64
    """Candidates computed at once; more take more memory and change nothing else."""
    learning_rate: PositiveFloat = 1e-5
    """Learning rate after the warm-up."""
    warmup: Count = 0
    """Optimizer steps of linear warm-up, counted over all rounds."""
    decay: Count = 0
    """Rounds in which the learning rate falls linearly to zero; 0 means that it does not fall."""
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    """AdamW weight decay."""
    clip: PositiveFloat = 1.0
    """Largest gradient norm."""
    clip_low: PositiveFloat = 0.2
    """How far below 1 a token's probability ratio still counts."""
    clip_high: PositiveFloat = 0.2
    """How far above 1 it does."""
    entropy: Annotated[float, Field(ge=0)] = 0.0
    """Weight of the entropy bonus."""
    kl: Annotated[float, Field(ge=0)] = 0.0
    """Weight of the KL to the policy that the run started from; the first one where adaptive."""
    importance_cap: Annotated[float, Field(ge=0)] = 0.0
    """Largest weight that corrects for the engine's log-probabilities; 0 means no correction."""


class PpoConfig(RlConfig):
    """PPO with a critic, by outcome or by step."""

    type: Literal["ppo"]
    """Proximal policy optimisation."""
    kl: Annotated[float, Field(ge=0)] = 0.05
    kl_place: Literal["reward", "loss"] = "reward"
    """Where the KL stands: in every token's reward, or in the loss."""
    kl_estimator: Literal["k1", "k2", "k3"] | None = None
    """How it is estimated from the drawn tokens; left out: k1 in the reward, k2 in the loss."""
    kl_target: PositiveFloat | None = None
    """Steer `kl` so that a candidate is this many nats from the reference; left out: fixed."""
    gamma: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Discount a token."""
    lam: Rate = 0.95
    """GAE's lambda for the policy."""
    critic_lam: Rate = 1.0
    """GAE's lambda for the critic's targets; 1 means Monte-Carlo returns."""
    whiten: bool = True
    """Advantages get mean 0 and variance 1 over all tokens of the round."""
    critic: str = "shared"
    """shared: a head on the policy's last hidden state; own: a head on a copy of the start policy;
    else the folder of a model, such as a reward model, that the critic starts from."""
    critic_warmup: Count = 4
    """Passes over the first round's candidates that train the critic alone, on their returns."""
    critic_learning_rate: PositiveFloat | None = None
    """Learning rate of the value head, and of a critic of its own; left out: the policy's."""
    value_weight: PositiveFloat = 0.1
    """Weight of the critic's loss."""
    value_clip: Annotated[float, Field(ge=0)] = 0.2
    """How far the critic may move from its old value before the loss stops it; 0: no limit."""

    @model_validator(mode="after")
    def _kl_has_a_gradient(self) -> PpoConfig:
        if self.kl_place == "loss" and self.kl_estimator == "k1":
            raise ValueError(
                "kl_estimator k1 has no gradient as a loss; use k2, or kl_place reward"
            )
        return self


class GroupConfig(RlConfig):
    """Policy gradient with the group's own rewards as the baseline, and no critic."""

    type: Literal["rloo", "grpo", "dr_grpo"]
    """The mean of the others; mean and deviation of all; the mean of all."""
    kl_estimator: Literal["k2", "k3"] = "k2"
    """How the KL in the loss is estimated; k3 is that of the GRPO paper."""


def _trainer_tag(value: Any) -> str:
    kind = value.get("type", "sft") if isinstance(value, dict) else getattr(value, "type", None)
    return "group" if kind in ("rloo", "grpo", "dr_grpo") else str(kind)


TrainerConfig = Annotated[
    Annotated[SftTrainerConfig, Tag("sft")]
    | Annotated[DpoTrainerConfig, Tag("dpo")]
    | Annotated[PpoConfig, Tag("ppo")]
    | Annotated[GroupConfig, Tag("group")],
    Discriminator(
        _trainer_tag,
        custom_error_type="trainer_type",
        custom_error_message="type must be one of sft, dpo, ppo, rloo, grpo, dr_grpo",
    ),
]


class SamplerConfig(Frozen):
    """How candidates are drawn."""

    type: Literal["native", "vllm", "server"] = "native"
    """native: plain torch; vllm: vLLM in a process of its own; server: an OpenAI endpoint."""
    n: Positive = 8
    """Candidates a problem."""
    temperature: Annotated[float, Field(ge=0)] = 1.0
    """0 means greedy."""
    top_p: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Keep the smallest set of tokens with this much probability."""
    top_k: Count = 0
    """Keep this many tokens; 0 means all."""
    min_p: Rate = 0.0
    """Drop tokens below this share of the likeliest one's probability."""
    max_tokens: Positive = 64
    """Longest completion in tokens."""
    stop: tuple[str, ...] = ()
    """Strings that end a candidate; they are cut off."""
    batch: Positive = 512
    """Sequences decoded at once; requests under way for `server`."""
    gpu_memory: Annotated[float, Field(gt=0, le=1)] = 0.5
    """vllm: its share of the GPU's memory, for weights and cache."""
    url: str | None = None
    """server: its address, such as http://localhost:8000/v1; the key is in OPENAI_API_KEY."""
    model: str | None = None
    """server: the model's name there; the first that it lists where left out."""


class VerifierConfig(Frozen):
    """How candidates are judged."""

    sandbox: Literal["bubblewrap", "docker"] = "bubblewrap"
    """Where untrusted code runs."""
    image: str = "veritune-sandbox"
    """Docker: the image, as `veritune sandbox build` makes it."""
    runtime: str | None = None
    """Docker: another runtime of the engine's, such as runsc for gVisor."""
    judge: Literal["rules", "reward_model"] = "rules"
    """rules: answers, steps and tests are checked; reward_model: `reward_model` alone judges."""
    reward_model: str | None = None
    """Folder of a reward model, as `veritune train reward` writes it. Beside rules it must be of
    kind process, and labels the math steps that no rule could check."""
    step_threshold: Rate = 0.5
    """A step is correct for the reward model from this chance on."""
    in_process: bool = False
    """Run test programs inside the candidate's process: for tests that cannot be judged from
    outside it. Such verdicts are marked lower trust."""
    partial_credit: bool = False
    """Code: a failing candidate scores the share of the tests that it passes, and still fails."""
    workers: Positive = 2
    """Candidates judged at once."""
    cpu_seconds: PositiveFloat = 8.0
    """CPU time of one candidate over all its tests."""
    wall_seconds: PositiveFloat = 30.0
    """Wall time of one candidate: a backstop, since load must not turn right into wrong."""
    memory_mb: Positive = 512
    """Memory of one candidate."""
    processes: Positive = 16
    """Processes and threads of one candidate."""
    output_kb: Positive = 256
    """What one candidate may print."""
    file_mb: Positive = 16
    """What one candidate may write to its file system."""
    files: Positive = 1000
    """Files that one candidate may create."""


class SelectionConfig(Frozen):
    """Which verified candidates are trained on."""

    reward: Literal["outcome", "process", "last", "any", "random", "demonstrations"] = "outcome"
    """outcome: right answers; process: right answers whose every step is right; last: right answers
    whose last steps are right; any: whatever was drawn, for a rank to choose from; random: as many
    as outcome keeps, whatever their verdicts; demonstrations: none, train on the warm start's data
    again (the more-SFT control)."""
    keep: Positive = 4
    """At most this many distinct candidates a problem."""
    rank: Literal["first", "reward_model"] = "first"
    """Which of them where there are more: the first drawn, or the best by `reward_model`."""
    reward_model: str | None = None
    """Folder of the reward model that ranks, as `veritune train reward` writes it."""
    distinct: Literal["text", "path"] = "text"
    """What makes two candidates different: their text, or the equations they write down, and of
    code its form without names and layout (RFT)."""
    weight: Literal["equal", "score", "rare"] = "equal"
    """What a candidate counts: the same; its verdict's score; more for problems solved rarely."""
    rationalise: bool = False
    """Draw again, with the answer as a hint, for math problems of which nothing was selected; train
    on what then passes, without the hint (STaR)."""
    replay: Count = 0
    """Train on what this many rounds before selected, too."""
    checked: Rate = 1.0
    """process: the share of a solution's steps that must have been checked; prose that no rule can
    check counts against it. Whatever was checked must be right."""
    last: Positive = 2
    """last: how many steps, from the end, must be right."""
    false_accepts: Rate = 0.0
    """Planted noise, for studies: the share of rejected candidates that are accepted anyway."""
    false_rejects: Rate = 0.0
    """Planted noise, for studies: the share of accepted candidates that are rejected anyway."""

    @model_validator(mode="after")
    def _rank_has_a_model(self) -> SelectionConfig:
        if (self.rank == "reward_model") != (self.reward_model is not None):
            raise ValueError('rank = "reward_model" and the reward_model\'s folder go together')
        return self


class EvaluationConfig(Frozen):
    """How the policy is measured on held-out problems after each round."""

    n: Positive = 4
    """Candidates a problem."""
    k: Positive = 4
    """pass@k is reported for this k as well as for 1; at most n."""
    every: Positive = 1
    """Evaluate after every so many rounds, and after the last."""

    @model_validator(mode="after")
    def _k_within_n(self) -> EvaluationConfig:
        if self.k > self.n:
            raise ValueError(f"k ({self.k}) must be at most n ({self.n})")
        return self


class RoundsConfig(Frozen):
    """The outer loop."""

    count: Count = 2
    """Rounds of sample, verify, select, train, evaluate."""
    prompts: Positive = 1000
    """Training problems sampled a round."""
    keep_checkpoints: Count = 0
    """Keep only the newest so many rounds' checkpoints; 0 keeps them all."""


class RewardStageConfig(RewardConfig):
    """A reward model made from the start policy before the first round, which then judges."""

    preferences: str | None = None
    """Human preferences: jsonl of prompt, chosen, rejected. Left out: no reward model is made."""


class Recipe(Frozen):
    """One run: what to improve, on what, and how."""

    name: str = Field(default="run", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    """The run's folder is `output`/`name`."""
    output: str = "runs"
    """Folder that holds runs."""
    seed: Count = 0
    """Everything drawn at random follows from this."""
    threads: Count = 0
    """CPU threads for torch; 0 means one a core."""
    model: ModelConfig = ModelConfig()
    problems: ProblemsConfig = ProblemsConfig()
    warm_start: WarmStartConfig = WarmStartConfig()
    reward: RewardStageConfig = RewardStageConfig()
    rounds: RoundsConfig = RoundsConfig()
    sampler: SamplerConfig = SamplerConfig()
    verifier: VerifierConfig = VerifierConfig()
    selection: SelectionConfig = SelectionConfig()
    trainer: TrainerConfig = SftTrainerConfig()
    evaluation: EvaluationConfig = EvaluationConfig()

    @model_validator(mode="after")
    def _somebody_judges(self) -> Recipe:
        made, named = self.reward.preferences is not None, self.verifier.reward_model is not None
        if self.verifier.judge == "reward_model" and made == named:
            raise ValueError(
                "verifier.judge reward_model needs verifier.reward_model, or reward.preferences to"
                " make one from, and not both"
            )
        if made and self.verifier.judge == "rules":
            raise ValueError("reward.preferences needs verifier.judge reward_model")
        return self

    @model_validator(mode="after")
    def _knows_what_was_drawn_from(self) -> Recipe:
        sampler, trainer = self.sampler, self.trainer
        if not isinstance(trainer, RlConfig):
            return self
        if not sampler.temperature or (sampler.top_p, sampler.top_k, sampler.min_p) != (1, 0, 0):
            raise ValueError(
                f"trainer.type {trainer.type} needs candidates from the policy's own probabilities:"
                " sampler.temperature above 0, top_p 1, top_k 0 and min_p 0"
            )
        if sampler.type == "server":
            raise ValueError(
                f"trainer.type {trainer.type} needs the tokens that were drawn, and a policy that"
                " changes: set sampler.type to native or vllm"
            )
        if trainer.importance_cap and sampler.temperature != 1:
            raise ValueError("trainer.importance_cap needs sampler.temperature 1")
        return self

    @property
    def folder(self) -> Path:
        """Where the run lives on disk."""
        return Path(self.output) / self.name


R = TypeVar("R", bound=Recipe)


def load_recipe(path: Path) -> Recipe:
    """Read and check a TOML recipe."""
    return load_recipe_as(Recipe, path)


def load_recipe_as(kind: type[R], path: Path) -> R:
    """As `load_recipe`, for a recipe with more tables."""
    try:
        text = path.read_bytes().decode()
    except FileNotFoundError:
        raise MissingFileError(f"{path}: no such recipe; give the path of a TOML file") from None
    except IsADirectoryError:
        raise RecipeError(f"{path}: is a folder; give the path of a TOML file") from None
    except UnicodeDecodeError:
        raise RecipeError(f"{path}: not UTF-8 text; a recipe is a TOML file") from None
    except OSError as error:
        raise RecipeError(f"{path}: cannot be read ({error.strerror})") from None
    try:
        return check_recipe_as(kind, tomllib.loads(text), str(path))
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"{path}: not valid TOML: {error}") from None


def check_recipe(values: dict[str, Any], where: str) -> Recipe:
    """Build a recipe; `where` names the file or command line in errors."""
    return check_recipe_as(Recipe, values, where)


def check_recipe_as(kind: type[R], values: dict[str, Any], where: str) -> R:
    """As `check_recipe`, for a recipe with more tables."""
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise RecipeError(f"{where}: {explain(error, kind)}") from None


def explain(error: ValidationError, root: type[BaseModel]) -> str:
    """The first complaint about a config in one line: key, what is wrong, the mend."""
    first = error.errors(include_url=False)[0]
    path, known = _walk(root, [str(part) for part in first["loc"]])
    key = ".".join(path)
    if first["type"] == "extra_forbidden":
        near = get_close_matches(path[-1], known, 1)
        mend = f"did you mean '{near[0]}'?" if near else f"known keys: {', '.join(known)}"
        return f"{key}: unknown key; {mend}"
    message = first["msg"].removeprefix("Value error, ")
    message = message[:1].lower() + message[1:]
    got = "" if isinstance(first["input"], (dict, BaseModel)) else f" (got {first['input']!r})"
    return f"{key}: {message}{got}" if key else message


def _walk(model: type[BaseModel], loc: list[str]) -> tuple[list[str], list[str]]:
    """The key path of a complaint, without the tags of unions, and the keys known there."""
    path: list[str] = []
    known = list(model.model_fields)
    kinds: dict[str, type[BaseModel]] = {}
    for part in loc:
        if part in kinds:
            model, kinds = kinds[part], {}
            known = list(model.model_fields)
            continue
        path.append(part)
        spec = model.model_fields.get(part)
        inner = spec.annotation if spec else None
        kinds = tagged_kinds(inner)
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            model = inner
            known = list(model.model_fields)
    return path, known


def tagged_kinds(annotation: Any) -> dict[str, type[BaseModel]]:
    """The models of a tagged union by their tags; empty for any other annotation."""
    return {
        tag.tag: get_args(option)[0]
        for option in get_args(annotation)
        for tag in get_args(option)[1:]
        if isinstance(tag, Tag)
    }
