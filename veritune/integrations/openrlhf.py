"""Verifiers as OpenRLHF's reward function (written against 0.11); its remote reward is `veritune
serve`, whose path is `/openrlhf`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from veritune.config import ColumnsConfig, VerifierConfig
from veritune.errors import InputError
from veritune.integrations.rows import KnownProblems, RowProblems
from veritune.integrations.scoring import ProblemText, RowVerifier, reward_of
from veritune.records import Verdict
from veritune.text import shown
from veritune.verifiers import Verifier

Rewards = dict[str, object]
# A query is decoded with its special tokens; one at its end is no part of a program.
END_TOKEN = re.compile(r"(?:<\|[^<>|]{1,40}\|>|</s>|<eos>|<end_of_turn>|\s)+\Z")


def reward(
    problems: KnownProblems = (),
    verifier: VerifierConfig | Verifier | None = None,
    *,
    columns: ColumnsConfig | None = None,
) -> Callable[[Sequence[str], Sequence[str], Sequence[object]], Rewards]:
    """A `reward_func` for the file that `--reward.remote_url` names:

        from veritune.integrations import openrlhf

        reward_func = openrlhf.reward()

    A label is the answer, or an object with the columns that the row is checked by. With
    `problems`, it is the id of one of them, or an object with a `problem_id`. Rewards are the
    verdicts' scores, in [0, 1], and 0 for a cheat. On a verifier error `SandboxFailureError` is
    raised: OpenRLHF then logs it and has no reward for that candidate.
    """
    return OpenRlhfReward(RowVerifier(problems, verifier, columns)).reward_func


class OpenRlhfReward:
    """The function."""

    def __init__(self, rows: RowVerifier) -> None:
        self._rows = rows

    def reward_func(
        self, queries: Sequence[str], prompts: Sequence[str], labels: Sequence[object]
    ) -> Rewards:
        """The rewards of queries, each a prompt with its response."""
        texts = openrlhf_texts(self._rows.rows, queries, prompts, labels)
        return _tensors(_shape(self._rows.verdicts(texts)))


def openrlhf_texts(
    rows: RowProblems, queries: Sequence[str], prompts: Sequence[str], labels: Sequence[object]
) -> Iterator[ProblemText]:
    """The problems of queries with what the model wrote."""
    if not len(queries) == len(prompts) == len(labels):
        raise InputError("queries, prompts and labels: must be as many of each")
    for at, (query, prompt, label) in enumerate(zip(queries, prompts, labels, strict=True)):
        where = f"query {at}"
        if isinstance(label, Mapping):
            problem = rows.of({"prompt": prompt, **label}, where=where)
        elif rows.known:
            problem = rows.of({"prompt": prompt}, label, where)
        else:
            problem = rows.of({"prompt": prompt, "answer": label}, where=where)
        yield problem, response_of(query, prompt, where)


def openrlhf_reply(verdicts: Sequence[Verdict]) -> Rewards:
    """The reply of a remote reward."""
    found = _shape(verdicts)
    logs = {"passed": found["passed"]}
    return {"rewards": found["rewards"], "scores": found["scores"], "extra_logs": logs}


def response_of(query: str, prompt: str, where: str) -> str:
    """What the model wrote: the query without its prompt and the end token.

    A prompt that was too long lost its beginning; what is left of it stands in the query whole.
    """
    if query.startswith(prompt):
        said = query[len(prompt) :]
    else:
        tail = prompt[-200:]
        _, found, said = query.partition(tail)
        if not tail or not found:
            raise InputError(f"{where}: does not hold its prompt {shown(prompt)}")
    return END_TOKEN.sub("", said)


def _tensors(found: Mapping[str, list[float]]) -> Rewards:
    """As OpenRLHF has them from a file: it stacks them."""
    import torch

    rewards, scores, passed = (torch.tensor(values) for values in found.values())
    return {"rewards": rewards, "scores": scores, "extra_logs": {"passed": passed}}


def _shape(verdicts: Sequence[Verdict]) -> dict[str, list[float]]:
    rewards = [reward_of(verdict) for verdict in verdicts]
    scores = [score for score, _ in rewards]
    return {
        "rewards": scores,
        "scores": scores,
        "passed": [float(use.solved) for _, use in rewards],
    }
