"""Where problems come from."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import Field, field_validator, model_validator

from veritune.config.base import Count, Frozen, Options, PathText, Positive, Rate

# Arguments of `apply_chat_template` that are no arguments of a template's own.
OURS = {
    "add_generation_prompt",
    "chat_template",
    "continue_final_message",
    "conversation",
    "messages",
    "documents",
    "max_length",
    "padding",
    "return_assistant_tokens_mask",
    "return_dict",
    "return_tensors",
    "tokenize",
    "tokenizer_kwargs",
    "tools",
    "truncation",
}
Family = Literal["arithmetic", "conditionals", "strings", "lists"]


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
    # Ten: one wrong trace in ten ends on the right answer, so that outcome and process differ.
    answer_modulus: Annotated[int, Field(ge=1, le=100)] = 10
    """The answer is the last value modulo this: the chance that a wrong trace hits is 1 in it."""
    # High: the teacher's error is a habit to unlearn, and no noise that averages out.
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
    form: Literal["comment", "sentence"] = "comment"
    """How a problem is put. comment: a comment line, which the function follows; sentence: a
    request in plain English, and the code `def f(x): return` that `prefill` can begin with."""
    tests: Positive = 8
    """Hidden calls a problem."""
    visible: Count = 0
    """How many of them the reward `visible` is given by: what wrong programs pass by luck."""
    mistakes: Rate = 0.6
    """How often the teacher writes a typical wrong function."""

    @model_validator(mode="after")
    def _some_are_hidden(self) -> FunctionsConfig:
        if self.visible >= self.tests:
            raise ValueError("visible must be less than tests: the others stay hidden")
        return self


class ColumnsConfig(Frozen):
    """Which columns of a file hold what, where they go by unusual names; a.b is b inside of a."""

    prompt: str | None = None
    """The question, as a text or as messages."""
    answer: str | None = None
    """The final answer, or a solution that ends on it; none: problems have no known answer, and own
    code, a judge or a reward model decides."""
    solution: str | None = None
    """A worked solution, or a program."""
    choices: str | None = None
    """The options of a multiple-choice question."""
    tests: str | None = None
    """Tests of a program: asserts, a test program, or cases of input and output."""
    entry_point: str | None = None
    """The function that tests call."""
    id: str | None = None
    """What tells problems apart; made from the content where there is none."""

    @property
    def maps_problems(self) -> bool:
        """Whether a column of problems is given."""
        return any(getattr(self, name) is not None for name in ColumnsConfig.model_fields)


class CandidateColumnsConfig(ColumnsConfig):
    """Which columns of the files hold what, where they go by unusual names."""

    problem_id: str | None = None
    """Candidates: the id of the problem."""
    text: str | None = None
    """Candidates: what was answered, a text or a list of them."""

    @property
    def maps_any(self) -> bool:
        """Whether a column of problems or candidates is given."""
        return self != CandidateColumnsConfig()


class PromptConfig(Frozen):
    """How problems are put to the model."""

    chat: Literal["auto"] | bool = "auto"
    """Give every prompt to the model as a user's turn, through its chat template; auto: where it
    has one."""
    system: str | None = None
    """System prompt."""
    instruction: str | None = None
    """Text put after every prompt, a blank line apart, such as the form the answer must have; or a
    preset's name: gsm8k, boxed, letter, code. Left out: in chats the one that fits, else none."""
    examples: str | None = None
    """File of solved problems, in any known layout, that are shown before every prompt (few-shot):
    in chats as turns, else as text."""
    template: str | None = None
    """File of a prompt with {prompt} where the problem's goes; or own code by its Python path: a
    function (problem) that returns a text or messages."""
    prefill: str = ""
    """What the model's turn begins with, {code} in it being the code that the problem's answer
    continues, where it has such. A candidate's text begins behind it; rules read both as one
    text."""
    template_kwargs: Options = Field(default_factory=dict)
    """Arguments of the chat template, such as enable_thinking = false."""
    overlong: Literal["refuse", "drop"] = "refuse"
    """What is done with prompts that leave the model no room for an answer: they are named before
    anything is sampled, and refused or left out."""

    @field_validator("template_kwargs")
    @classmethod
    def _not_ours(cls, value: Options) -> Options:
        if taken := sorted(OURS & set(value)):
            raise ValueError(f"{taken[0]} is set by veritune; name arguments of the template")
        return value


class ProblemsConfig(Frozen):
    """Where problems come from, and how many."""

    source: str = "chain"
    """chain, equations or functions (generated); file (a path in any known layout); or gsm8k,
    humaneval, mbpp, veritune, which hold a file to that layout. With `path` alone: file. Or own
    code by its Python path, my_pkg.data:problems: a function (split) that gives rows."""
    path: PathText | None = None
    """File, folder or hub name of the training problems; generators need none."""
    test_path: PathText | None = None
    """The same for held-out problems; left out, they are split off the training problems."""
    split: str = "train"
    """Split of the training problems in a folder or a hub data set."""
    test_split: str = "test"
    """Split of the held-out problems."""
    config: str | None = None
    """Hub: the data set's configuration."""
    revision: str | None = None
    """Hub: branch, tag or commit."""
    decontaminate: bool = True
    """Leave out training problems that overlap with a held-out one: the same prompt, or half of
    its sequences of 8 words and its numbers. A template that many problems share is no overlap."""
    # A tenth: more is no accident, and what is left may be the same data in other words.
    max_contaminated: Rate = 0.1
    """Refuse the run where a larger share of `path` than this overlaps with `test_path`."""
    train: Positive = 2000
    """Training problems."""
    test: Positive = 500
    """Held-out problems, disjoint from the training problems."""
    columns: ColumnsConfig = ColumnsConfig()
    chain: ChainConfig = ChainConfig()
    equations: EquationsConfig = EquationsConfig()
    functions: FunctionsConfig = FunctionsConfig()

    @model_validator(mode="before")
    @classmethod
    def _path_is_a_file(cls, values: object) -> object:
        """`chain` is what stands there where no source is given; it reads no path."""
        left_out = isinstance(values, dict) and values.get("source", "chain") == "chain"
        if isinstance(values, dict) and left_out and values.get("path"):
            return {**values, "source": "file"}
        return values
