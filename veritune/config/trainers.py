"""How a policy is trained: on examples, on pairs, by policy gradients."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import Discriminator, Field, Tag, model_validator

from veritune.config.base import Count, Frozen, Options, Positive, PositiveFloat, Rate, own_or


class StepConfig(Frozen):
    """How every trainer computes an optimizer step; weights and moments are float32 throughout."""

    max_grad_norm: PositiveFloat = 1.0
    """Gradients are clipped to this norm."""
    precision: Literal["auto", "float32", "bf16"] = "auto"
    """What the forward pass is computed in; auto: bf16 on GPUs that have it, else float32."""
    fp32_head: bool = False
    """Compute the logits in float32 where the rest of the forward pass is bf16."""
    activation_checkpointing: bool = False
    """Compute activations again in the backward pass: less memory, more time."""
    shard: bool = False
    """Under torchrun: every process holds a piece of parameters, gradients and moments only, and
    gathers a layer while it is computed (FSDP)."""


class FitConfig(StepConfig):
    """What every fit of a model to fixed examples shares: AdamW, warm-up, then linear decay."""

    # For the small models that recipes build from scratch; so is the learning rate.
    max_steps: Positive = 150
    """Optimizer steps."""
    batch_size: Positive = 64
    """Examples a step."""
    micro_batch_size: Count = 0
    """Examples computed at once, those of like length together; 0 means the whole batch."""
    learning_rate: PositiveFloat = 1e-3
    """Peak learning rate."""
    warmup_steps: Count = 10
    """Steps of linear warm-up."""
    # AdamW's usual one.
    weight_decay: Annotated[float, Field(ge=0)] = 0.01
    """AdamW weight decay."""
    # Minutes of work on a CPU, against the time that saving takes.
    save_every: Count = 200
    """Steps from one saved state to the next: a killed training resumes from there; 0: none."""


class SftConfig(FitConfig):
    """Maximum likelihood on completion tokens."""

    packing: Count = 0
    """Pack examples into sequences of up to this many tokens, none attending to another; 0: off."""


class RewardConfig(FitConfig):
    """A scalar head on a causal language model, trained to tell good solutions from bad."""

    max_steps: Positive = 500


class DpoConfig(FitConfig):
    """Direct preference optimisation on pairs of one passed and one rejected candidate."""

    # A tenth of SFT's: the loss falls without end as the pairs move apart.
    learning_rate: PositiveFloat = 1e-4
    # Rafailov et al. 2023 (arXiv 2305.18290) take 0.1 throughout.
    beta: PositiveFloat = 0.1
    """How strongly the policy is held to the reference."""
    label_smoothing: Annotated[float, Field(ge=0, lt=0.5)] = 0.0
    """Share of pairs that are taken to be the wrong way round."""
    rpo_alpha: Annotated[float, Field(ge=0)] = 0.0
    """Weight of the chosen completion's negative log-likelihood, added to the loss (RPO)."""


class PairConfig(Frozen):
    """How pairs are made of verified candidates."""

    pairs: Positive = 4
    """At most this many pairs a problem."""
    steps: bool = False
    """Count a right answer with a wrong step as rejected."""


class WarmStartConfig(SftConfig):
    """Demonstrations that the model is trained on before the first round."""

    demonstrations: Count = 0
    """How many to take from the problem source's teacher or references; 0 means no warm start."""
    max_steps: Positive = 300


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

    reward: Annotated[str, own_or("verdict")] = "verdict"
    """verdict: the rewards below; or own code by its Python path in their place: a function
    (problem, candidate, verdict) that returns a number for the end token, or a list of (characters
    of the text, reward) pairs, each for the token in which its characters end."""
    options: Options = Field(default_factory=dict)
    """Options of own code."""
    outcome: Annotated[float, Field(ge=0)] = 1.0
    """Weight of the outcome's reward, on the end token: this times the verdict's score."""
    process: Annotated[float, Field(ge=0)] = 0.0
    """Weight of the steps' rewards, each on its step's last token; 0 means none."""
    # With sums a policy earns by writing more steps; the worst step cannot be outweighed.
    form: Literal["sum", "delta", "min", "all"] = "min"
    """What a step earns: its value; its value less the next one's; its share of the worst; or
    nothing, but the last one the worst of all. For min and all the answer is the last step."""
    correct: float = 1.0
    """Value of a verified step; unchecked and consistent steps have none."""
    incorrect: float = -1.0
    """Value of a step that was found incorrect."""
    # PURE's 0.1: the worst step takes nearly all of the weight.
    min_temperature: PositiveFloat = 0.1
    """min: how sharply the worst step stands for all."""


class RlConfig(StepConfig):
    """What PPO and the group baselines share."""

    credit: CreditConfig = CreditConfig()
    # One: on-policy, where clipping has nothing to do and nothing to hide.
    epochs: Positive = 1
    """Passes over a round's candidates."""
    mini_batch_size: Positive = 128
    """Candidates an optimizer step."""
    micro_batch_size: Positive = 64
    """Candidates computed at once: affects memory only."""
    offload: bool = False
    """Leave the GPU's memory to the sampler: between rounds, optimizer moments and a critic of its
    own are in main memory. A reference always is, but while it is asked."""
    # Far below SFT's: a policy gradient is noise with a little signal.
    learning_rate: PositiveFloat = 1e-5
    """Learning rate after the warm-up."""
    warmup_steps: Count = 0
    """Optimizer steps of linear warm-up, counted over all rounds."""
    decay: Count = 0
    """Rounds in which the learning rate falls linearly to zero; 0 means that it does not fall."""
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    """AdamW weight decay."""
    # Schulman et al. 2017, as nearly everybody since.
    clip_eps_low: PositiveFloat = 0.2
    """The probability ratio of a token is clipped below 1 minus this."""
    clip_eps_high: PositiveFloat = 0.2
    """And above 1 plus this (DAPO's clip-higher)."""
    entropy_coef: Annotated[float, Field(ge=0)] = 0.0
    """Weight of the entropy bonus."""
    kl_coef: Annotated[float, Field(ge=0)] = 0.0
    """Weight of the KL to the start policy; its first value with `kl_target`."""
    # Decided with the sampler: the engines that compute otherwise need it.
    importance_cap: Annotated[float, Field(ge=0)] | None = None
    """Largest weight that corrects for the log-probabilities of the engine, or of an older policy
    with `rounds.overlap`; 0: no correction. Left out: 2 where there is one of them, else 0."""
    importance_window: Annotated[float, Field(ge=0)] = 0.0
    """Where engine and trainer differ by more nats a token than this over a whole candidate, it
    carries no gradient; 0: all do. Needs `importance_cap`."""


class PpoConfig(RlConfig):
    """PPO with a critic, by outcome or by step."""

    type: Literal["ppo"]
    """Proximal policy optimisation."""
    kl_coef: Annotated[float, Field(ge=0)] = 0.05
    kl_in_reward: bool = True
    """Whether the KL is subtracted from every token's reward; else it is a term of the loss."""
    kl_estimator: Literal["k1", "k2", "k3"] | None = None
    """How the KL is estimated from the sampled tokens; left out: k1 in the reward, k2 in the
    loss."""
    kl_target: PositiveFloat | None = None
    """Adapt `kl_coef` so that a candidate is this many nats from the reference; left out: fixed."""
    # An episode is one answer: a reward at its end is not worth less for its length.
    gamma: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Discount a token."""
    # VAPO (arXiv 2504.05118): the policy may lean on the critic, the critic not on itself.
    lam: Rate = 0.95
    """GAE's lambda for the policy."""
    critic_lam: Rate = 1.0
    """GAE's lambda for the critic's targets; 1 means Monte-Carlo returns."""
    whiten_advantages: bool = True
    """Normalise advantages to mean 0 and variance 1 over all tokens of the round."""
    critic: str = "shared"
    """shared: a head on the policy's last hidden state; own: a head on a copy of the start policy;
    else the folder of a model, such as a reward model, that the critic starts from."""
    # A critic of zeros gives advantages that are plain rewards, until it has learned.
    critic_warmup_epochs: Count = 4
    """Passes over the first round's candidates that train the critic alone, on their returns."""
    critic_learning_rate: PositiveFloat | None = None
    """Learning rate of the value head, and of a critic of its own; left out: the policy's."""
    # The shared trunk is the policy's first: the critic must not bend it.
    value_coef: PositiveFloat = 0.1
    """Weight of the critic's loss."""
    value_clip_eps: Annotated[float, Field(ge=0)] = 0.2
    """Value clipping: how far the critic may move from its old value; 0: none."""

    @model_validator(mode="after")
    def _kl_has_a_gradient(self) -> PpoConfig:
        if not self.kl_in_reward and self.kl_estimator == "k1":
            raise ValueError(
                "kl_estimator k1 has no gradient as a loss; use k2, or kl_in_reward true"
            )
        return self


GroupAlgorithm = Literal[
    "rloo",
    "grpo",
    "dr_grpo",
    "dapo",
    "gspo",
    "cispo",
    "maxrl",
    "pass_at_k",
    "reinforce_pp",
    "reinforce_pp_baseline",
    "distillation",
    "prime",
]
# `package.module:Class`, as everywhere that own code plugs in.
OWN_CLASS = r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$"
# How far below and above 1 where the recipe does not say, as in the papers; ScaleRL's for CISPO
# (Khatri et al. 2025, arXiv 2510.13786), since its own does not say.
CLIPS = {"dapo": (0.2, 0.28), "gspo": (3e-4, 4e-4), "cispo": (1.0, 4.0)}


class GroupConfig(RlConfig):
    """Policy gradient with the group's own rewards as the baseline, and no critic."""

    type: GroupAlgorithm | Annotated[str, Field(pattern=OWN_CLASS)]
    """Baseline of rloo: the mean of the others; of grpo, gspo, cispo, dapo: mean and deviation of
    all; dr_grpo: their mean; maxrl: over that mean; pass_at_k: of sets of `k`; reinforce_pp: normed
    over the round; reinforce_pp_baseline: less the group's mean first; prime: as rloo, with process
    rewards learned from outcomes; distillation: a teacher's. Or package.module:Class."""
    # Half of the default n of 8: sets that can differ.
    k: Positive = 4
    """pass_at_k: candidates of a set that is paid if one of them is right."""
    overlong_buffer: Count = 0
    """dapo: tokens before the longest in which a candidate is paid less and less; 0: no penalty."""
    kl_estimator: Literal["k2", "k3"] = "k2"
    """How the KL in the loss is estimated; k3 is that of the GRPO paper."""
    teacher: str | None = None
    """distillation: folder or hub name of the model that scores; its tokens are the policy's."""
    beta: PositiveFloat = 0.05
    """prime: what a nat of the reward model's likelihood over the start's is worth."""
    reward_learning_rate: PositiveFloat = 1e-6
    """prime: learning rate of the reward model, which starts as the start policy."""

    @model_validator(mode="after")
    def _teacher_is_named(self) -> GroupConfig:
        if (self.type == "distillation") != (self.teacher is not None):
            raise ValueError("type distillation needs a teacher, and nothing else takes one")
        return self

    @model_validator(mode="before")
    @classmethod
    def _own_clips(cls, values: object) -> object:
        if isinstance(values, dict) and values.get("type") in CLIPS:
            low, high = CLIPS[values["type"]]
            # The recipe's own values win.
            return {"clip_eps_low": low, "clip_eps_high": high} | values
        return values


def _trainer_tag(value: object) -> str:
    kind = value.get("type", "sft") if isinstance(value, dict) else getattr(value, "type", None)
    return "group" if kind in get_args(GroupAlgorithm) or ":" in str(kind) else str(kind)


TrainerConfig = Annotated[
    Annotated[SftTrainerConfig, Tag("sft")]
    | Annotated[DpoTrainerConfig, Tag("dpo")]
    | Annotated[PpoConfig, Tag("ppo")]
    | Annotated[GroupConfig, Tag("group")],
    Discriminator(
        _trainer_tag,
        custom_error_type="trainer_type",
        custom_error_message="type must be one of sft, dpo, ppo, "
        f"{', '.join(get_args(GroupAlgorithm))}, or package.module:Class",
    ),
]
