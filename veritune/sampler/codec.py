"""Between problems and candidates on one side, and token ids on the other, for one model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from veritune.config import SamplerConfig
from veritune.errors import ModelError
from veritune.models import encode_problem, eos_ids, longest_text
from veritune.records import Candidate, Problem
from veritune.sampler.stopping import StoppingCriteria
from veritune.sampler.thoughts import Thoughts
from veritune.thinking import mentions_thinking

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


@dataclass(frozen=True, slots=True)
class SampledSequence:
    """One finished sequence: which problem's and which candidate, and what was sampled."""

    position: int
    index: int
    ids: list[int]
    logprobs: list[float]
    finish_reason: Literal["stop", "length"]


# Tokens that suffice for most answers, and for most of those that are thought about first.
ANSWERS, THINKS = 2_048, 16_384


def usual_tokens(chat_template: str) -> int:
    """The most tokens of a completion where nobody says how many."""
    return THINKS if mentions_thinking(chat_template) else ANSWERS


class PromptCodec:
    """One model's tokens, and how its candidates end."""

    def __init__(
        self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, config: SamplerConfig
    ) -> None:
        shape = model.config.get_text_config()
        self.longest = longest_text(shape)
        self.vocabulary = int(model.get_output_embeddings().weight.shape[0])
        self.tokenizer, self.eos = tokenizer, eos_ids(model, tokenizer)
        self.endings = StoppingCriteria(tokenizer, self.vocabulary, self.eos, config.stop)
        self.thoughts = Thoughts(tokenizer)
        self._most = config.max_tokens or usual_tokens(str(tokenizer.chat_template or ""))

    def encode(self, problem: Problem) -> list[int]:
        """The prompt's token ids; raises `ModelError` where they are more than the model reads."""
        ids = encode_problem(self.tokenizer, problem)
        if len(ids) >= self.longest:
            raise ModelError(
                f"problem {problem.id}: its prompt is {len(ids)} tokens and the model reads at "
                f"most {self.longest}; shorten it or drop the problem"
            )
        return ids

    def limit(self, prompt: Sequence[int]) -> int:
        """How many tokens may follow a prompt."""
        return min(self._most, self.longest - len(prompt))

    def candidates(
        self,
        finished: Sequence[SampledSequence],
        problems: Sequence[Problem],
        policy: str,
        round: int,
    ) -> Iterator[Candidate]:
        """Finished sequences as records."""
        texts = self.endings.texts([sampled.ids for sampled in finished])
        for sampled, text in zip(finished, texts, strict=True):
            problem = problems[sampled.position]
            yield Candidate(
                problem_id=problem.id,
                index=sampled.index,
                text=text,
                finish_reason=sampled.finish_reason,
                token_ids=sampled.ids,
                logprobs=sampled.logprobs,
                policy=policy,
                round=round,
                prefill=problem.prefill,
                thinking=self.thoughts.length(problem, sampled.ids, text),
            )
