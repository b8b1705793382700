"""Who checks steps beside rules: reward models as they are published, a judge, rollouts."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from veritune.config.base import Count, Frozen, Positive

CHECKERS = ("rules", "reward_model", "judge", "rollouts")
ConventionName = Literal["auto", "veritune", "trl", "math-shepherd", "rlhflow", "qwen", "skywork"]


class ConventionConfig(Frozen):
    """How a published process reward model is read; what is left out is the convention's own."""

    name: ConventionName = "auto"
    """auto: as the folder's files show; a plain causal language model (math-shepherd, rlhflow)
    shows nothing, so name it."""
    tag: str | None = None
    """Ends every step."""
    good: str | None = None
    """Tokens: the one of a right step."""
    bad: str | None = None
    """Tokens: the one of a wrong step."""
    before: str | None = None
    """Stands before a step; {k} is its number."""
    system: str | None = None
    """The chat's system message."""
    url: str | None = None
    """Ask the pooling endpoint of a vLLM server that serves the model, such as
    http://localhost:8000; the folder is then read for its tokenizer alone."""


class JudgeConfig(Frozen):
    """A language model that is asked about a solution and its steps."""

    url: str | None = None
    """An OpenAI-compatible server, such as http://localhost:8000/v1; the key is in
    OPENAI_API_KEY."""
    model: str | None = None
    """The model's name there; the first that it lists where left out."""
    form: Literal["steps", "critic"] = "steps"
    """steps: a line for every step and one for the answer; critic: the index of the first wrong
    step in \\boxed{}, -1 for none (ProcessBench)."""
    prompt: str | None = None
    """File with the prompt, in which {problem}, {steps} and {reference} are replaced; left out:
    the form's own."""
    reference: bool = True
    """Whether the judge sees the right answer, where there is one."""
    votes: Positive = 1
    """Replies a solution; the majority decides. More than one need a temperature."""
    temperature: Annotated[float, Field(ge=0)] = 0.0
    """0 means greedy."""
    max_tokens: Positive = 2048
    """Longest reply in tokens, thinking included; a truncated reply decides nothing."""
    logprobs: bool = False
    """Score by the log-probability of the deciding word, where the server gives it."""
    concurrency: Positive = 16
    """Most requests at a time."""
    cache: str | None = None
    """File that keeps the replies, so that nothing is asked twice; commands and runs that write
    files name one beside them where this is left out."""

    @model_validator(mode="after")
    def _votes_differ(self) -> JudgeConfig:
        if self.votes > 1 and not self.temperature:
            raise ValueError("votes above 1 need a temperature above 0, else all replies are alike")
        return self


class RolloutsConfig(Frozen):
    """Steps are labelled by the share of completions from their ends that pass."""

    model: str | None = None
    """Samples the completions: Hugging Face folder or hub name."""
    k: Positive = 16
    """Completions of each prefix."""
    threshold: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """A step is verified if more than this share of them passes; 0: if any does."""
    search: bool = False
    """Look for the first error only, which takes far fewer completions."""
    temperature: Annotated[float, Field(gt=0)] = 1.0
    """Of the completions."""
    max_tokens: Positive = 512
    """Longest completion in tokens."""
    seed: Count = 0
    """Random seed of the completions."""
    cache: str | None = None
    """Folder that keeps the completions; left out: they are kept nowhere."""
