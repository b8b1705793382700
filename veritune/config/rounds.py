"""How candidates are sampled, verified, selected and measured."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from veritune.config.base import Count, Frozen, Options, Positive, PositiveFloat, Rate, own_or
from veritune.config.checkers import CHECKERS, ConventionConfig, JudgeConfig, RolloutsConfig

# Candidates that a model reads together.
BATCH = 32


class SamplerConfig(Frozen):
    """How candidates are sampled."""

    type: Literal["native", "vllm", "server"] = "native"
    """native: plain torch; vllm: vLLM in a process of its own; server: an OpenAI endpoint."""
    # Eight: enough that most groups of a half-solved problem have a right and a wrong candidate.
    n: Positive = 8
    """Candidates a problem."""
    # 1, without filters: then what is sampled is the policy itself, which the losses assume.
    temperature: Annotated[float, Field(ge=0)] = 1.0
    """0 means greedy."""
    top_p: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Keep the smallest set of tokens with this much probability."""
    top_k: Count = 0
    """Keep this many tokens; 0 means all."""
    min_p: Rate = 0.0
    """Drop tokens below this share of the likeliest one's probability."""
    max_tokens: Positive | None = None
    """Longest completion in tokens, thinking included. Left out: what the model has room for, up
    to 2,048, or 16,384 where its chat template has a place to think."""
    stop: tuple[str, ...] = ()
    """Strings that end a candidate; they are removed from its text."""
    # A step of more sequences takes about as much longer as it does more.
    max_num_seqs: Positive = 512
    """Most sequences decoded at once; for `server`, most requests at a time."""
    # The trainer is on the same GPU: each has half.
    gpu_memory_utilization: Annotated[float, Field(gt=0, le=1)] = 0.5
    """vllm: share of the GPU's memory for weights and KV cache."""
    tensor_parallel_size: Positive = 1
    """vllm: GPUs of one machine that hold the model together, each a part of every layer."""
    url: str | None = None
    """server: its address, such as http://localhost:8000/v1; the key is in OPENAI_API_KEY."""
    model: str | None = None
    """server: the model's name there; the first that it lists where left out."""

    @model_validator(mode="after")
    def _only_vllm_is_cut(self) -> SamplerConfig:
        if self.tensor_parallel_size > 1 and self.type != "vllm":
            raise ValueError("tensor_parallel_size is vLLM's: set type to vllm, or leave it at 1")
        return self

    @property
    def engine_gpus(self) -> int:
        """GPUs that one engine cannot do without."""
        return self.tensor_parallel_size if self.tensor_parallel_size > 1 else 0


class AnswersConfig(Frozen):
    """What counts as the same mathematical answer, and where a solution states one."""

    # A number that merely occurs is no statement; a box is too much to ask of every model.
    mode: Literal["strict", "stated", "lenient"] = "stated"
    """strict: the answer stands in a box, in answer tags or behind the marker; stated: or it is
    announced in words, never a number that merely occurs; lenient: or it is the last number."""
    marker: str | None = None
    """What stands before the answer, such as ####, or a tag around it, such as <answer>; for
    problems whose reference names none."""
    thinking_opened: bool = False
    """Whether the chat template ends the prompt with an opening thinking tag: then a solution
    that never closes it has no answer."""
    order_matters: bool = False
    """Whether bare lists such as `1, 2` must come in the reference's order; tuples always must."""
    unreduced_fractions: bool = True
    """Whether 2/4 is accepted where the reference is 1/2."""
    units_required: bool = False
    """Whether an answer without the reference's unit is refused; a wrong unit always is."""
    percent_as_fraction: bool = True
    """Whether 50% and 1/2 are the same."""
    # Exact: what is near is wrong, until the recipe says how near is near.
    tolerance: Rate = 0.0
    """Largest relative error of a decimal against an exact reference."""
    decimal_comma: bool = False
    """Whether a reference such as `1,22` may be the number 1.22 as well as two numbers."""
    rename_variables: bool = False
    """Whether f(x) and f(y) are the same although x and y are free."""
    sets_as_inequalities: bool = True
    """Whether an inequality is accepted where the reference is a set or interval."""


Combine = Literal["weighted", "all", "any", "first"]


class VerifierPart(Frozen):
    """One of several verifiers that decide together."""

    type: Annotated[str, own_or("rules", "reward_model", "judge")] = "rules"
    """rules, reward_model, judge, or own code by its Python path."""
    weight: PositiveFloat = 1.0
    """weighted: how much its score counts."""
    options: Options = Field(default_factory=dict)
    """Options of own code."""


class VerifierConfig(Frozen):
    """How candidates are verified."""

    answers: AnswersConfig = AnswersConfig()
    """Math: what counts as the same answer."""
    sandbox: Literal["bubblewrap", "docker"] = "bubblewrap"
    """Where untrusted code runs."""
    image: str = "veritune-sandbox"
    """Docker: the image, as `veritune sandbox build` makes it."""
    runtime: str | None = None
    """Docker: another runtime of the engine's, such as runsc for gVisor."""
    type: Annotated[str, own_or("rules", "reward_model", "judge")] = "rules"
    """Who decides on a candidate. rules: answers, steps and tests are checked; reward_model or
    judge: that model alone; or own code by its Python path, such as my_pkg.checks:verify or
    checks.py:verify."""
    options: Options = Field(default_factory=dict)
    """Options of own code."""
    pass_score: Rate = 0.5
    """Own code and weighted parts: the score from which a candidate has passed."""
    parts: tuple[VerifierPart, ...] = ()
    """Several verifiers that decide together, in place of `type`."""
    combine: Combine = "weighted"
    """parts: weighted: the mean of their scores by weight; all or any must pass; first: the first
    that decides. A part that fails to decide is an error where the others do not settle it."""
    steps: tuple[Annotated[str, own_or(*CHECKERS)], ...] = ()
    """rules: who labels math steps, in turn (rules, reward_model, judge, rollouts, or own code by
    its Python path); each labels what those before it left unchecked or only consistent. Left out:
    rules, then `reward_model` where it is named."""
    reward_model: str | None = None
    """Folder or hub name of a reward model: what `veritune train reward` wrote, or a published
    process reward model. To label steps beside rules it must be of kind process."""
    convention: ConventionConfig = ConventionConfig()
    """How a published process reward model is read."""
    step_threshold: Rate = 0.5
    """A step is verified for the reward model from this chance on, and incorrect below."""
    judge: JudgeConfig = JudgeConfig()
    """The language model that is asked."""
    rollouts: RolloutsConfig = RolloutsConfig()
    """Completions from the steps' ends."""
    requirements: str | tuple[str, ...] | None = None
    """What candidates and tests may import: a requirements file, a list of requirements, or the
    folder of an existing environment. Installed once; the sandbox itself is offline."""
    in_process: bool = False
    """Run test programs inside the candidate's process: for tests that cannot be checked
    from outside it. Such verdicts are marked lower trust."""
    partial_credit: bool = False
    """Code: a failing candidate scores the share of the tests that it passes, and still fails."""
    workers: Positive = 2
    """Candidates verified at once."""
    # Tests of the usual data sets take well below one; eight leave room for slow machines.
    cpu_seconds: PositiveFloat = 8.0
    """CPU time of one candidate over all its tests."""
    # Several times the CPU limit, since candidates share cores.
    wall_seconds: PositiveFloat = 30.0
    """Wall time of one candidate: a backstop, which grows where the machine is busy."""
    # What sleeps is not worth the whole wall time; a test that sleeps for a second is.
    idle_seconds: PositiveFloat = 5.0
    """Wall time in which a candidate and its tests neither run nor wait for a core."""
    # Python and numpy take about a hundred before the program begins.
    memory_mb: Positive = 512
    """Memory of one candidate."""
    # Some programs start a pool; a fork bomb ends here.
    processes: Positive = 16
    """Processes and threads of one candidate."""
    # Competition outputs are kilobytes; a loop that prints is megabytes a second.
    output_kb: Positive = 256
    """What one candidate may print."""
    file_mb: Positive = 16
    """What one candidate may write to its file system."""
    files: Positive = 1000
    """Files that one candidate may create."""

    @field_validator("judge", mode="before")
    @classmethod
    def _judge_is_a_table(cls, value: object) -> object:
        if isinstance(value, str):
            raise ValueError("is a table of the judge's keys; who decides is verifier.type")
        return value

    @property
    def labellers(self) -> tuple[str, ...]:
        """Who labels steps, in turn."""
        return self.steps or (("rules", "reward_model") if self.reward_model else ("rules",))

    @property
    def deciders(self) -> tuple[str, ...]:
        """Who decides on a candidate: the type, or those of all parts."""
        return tuple(part.type for part in self.parts) or (self.type,)

    @property
    def at_once(self) -> int:
        """Candidates under way at a time: enough to keep whoever checks them busy."""
        asked = {*self.deciders, *(self.labellers if "rules" in self.deciders else ())}
        most = 2 * self.workers
        if "judge" in asked:
            most = max(most, 2 * self.judge.concurrency)
        return max(most, BATCH) if asked & {"reward_model", "rollouts"} else most


REWARDS = ("outcome", "process", "last", "visible", "any", "random", "demonstrations")


class SelectionConfig(Frozen):
    """Which verified candidates are trained on."""

    reward: Annotated[str, own_or(*REWARDS)] = "outcome"
    """outcome: right answers; visible: code that passes its visible tests; process: right answers
    in whose steps no error was found, see `checked`; last: right answers in whose last steps none
    was, and all were checked; any: whatever was
    sampled, for a rank to choose from; random: as many as outcome keeps, whatever their verdicts;
    demonstrations: none, train on the warm start's data again (the more-SFT control). Or own code
    by its Python path: a function (problem, candidate, verdict) that returns True or False."""
    options: Options = Field(default_factory=dict)
    """Options of own code."""
    # Easy problems would else fill the batch with what the model knows already.
    max_per_problem: Positive = 4
    """At most this many distinct candidates of a problem."""
    rank: Literal["first", "reward_model"] = "first"
    """Which of them where there are more: the first sampled, or the best by `reward_model`."""
    reward_model: str | None = None
    """The reward model that ranks: what `veritune train reward` wrote, or a published one."""
    convention: ConventionConfig = ConventionConfig()
    """How a published process reward model is read."""
    distinct: Literal["text", "path"] = "text"
    """What makes two candidates different: their text, or the equations they write down, and of
    code its form without names and layout (RFT)."""
    weight: Literal["equal", "score", "inverse_pass_rate"] = "equal"
    """A candidate's weight: equal; its verdict's score; or higher the fewer candidates of its
    problem pass."""
    rationalise: bool = False
    """Sample again, with the answer as a hint, for math problems of which nothing was selected;
    train on what then passes, without the hint (STaR)."""
    replay: Count = 0
    """Train on what this many rounds before selected, too."""
    # Half: prose between equations is not checkable, and a solution of prose alone proves nothing.
    checked: Rate = 0.5
    """process: the share of a solution's steps that must have been checked; prose that no rule can
    check counts against it. In what was checked no error may have been found."""
    last: Positive = 2
    """last: how many steps, from the end."""
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
    order: Literal["uniform", "pass_rate", "window"] = "uniform"
    """Which problems: the next ones in turn; at random, rather those that are solved half the time;
    or in turn, but for those whose pass rate so far is outside the window below."""
    lowest_pass_rate: Rate = 0.1
    """window: problems that were solved less often are passed over."""
    highest_pass_rate: Rate = 0.9
    """window: problems that were solved more often are passed over."""
    dynamic_sampling: bool = False
    """Replace problems whose candidates all passed or all failed, and train on the others alone."""
    # As many again and again: below a third of mixed groups the problems are wrong, not too few.
    sampling_budget: Annotated[float, Field(ge=1)] = 3.0
    """dynamic_sampling: at most so many times `prompts` are sampled a round."""
    on_empty: Literal["stop", "skip"] = "stop"
    """What a round does in which nothing can be trained on: stop the run, or skip its training."""
    save_every: Positive = 1
    """Rounds from one checkpoint to the next; a run killed between two trains the rounds since the
    first again, from what they sampled. The last round always has one."""
    keep_checkpoints: Count = 2
    """Keep only the newest so many rounds' checkpoints, and what `overlap` needs; 0: all."""
    # None: every round learns from what its own policy sampled.
    overlap: Count = 0
    """Sample so many rounds ahead while training runs: round K is sampled from the policy after
    round K - 1 - overlap, always that one. 0: sampling and training take turns."""

    def sampled_after(self, round: int) -> int:
        """The round whose policy samples `round`; 0 is the start."""
        return max(0, round - 1 - self.overlap)

    def staleness(self, round: int) -> int:
        """How many rounds were trained between the policy that samples `round` and it."""
        return round - 1 - self.sampled_after(round)
