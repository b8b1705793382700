"""Shares of what is sampled, and what is asked again when a sampler is lost."""

import pytest

from veritune.cluster.requests import shares
from veritune.cluster.sampler_actor import BYTES, SampledPart, sent_bytes
from veritune.errors import VerituneError
from veritune.records import Candidate, MathProblem, MathReference

PROBLEMS = [
    MathProblem(id=f"p{i}", prompt="1?", reference=MathReference(answer="1")) for i in range(5)
]


def drawn(problem: int, index: int) -> Candidate:
    return Candidate(problem_id=f"p{problem}", index=index, text="1")


def test_every_sampler_gets_every_nth_problem_and_nobody_an_empty_share() -> None:
    found = shares(PROBLEMS, [[0, 1], [0], [], [1], [2]], 3, 2)
    assert [request.left for request in found] == [
        {"p0": {0, 1}, "p3": {1}},
        {"p1": {0}, "p4": {2}},
    ]
    assert [request.round for request in found] == [3, 3]
    assert len(shares(PROBLEMS, [[0], [], [], [], []], 1, 4)) == 1


def test_what_came_is_not_asked_again() -> None:
    (request,) = shares(PROBLEMS, [[0, 1], [0], [], [], []], 1, 1)
    request.id = 7
    part = SampledPart(id=7, candidates=(drawn(0, 1), drawn(1, 0)), over=False)
    assert request.take(part) == [drawn(0, 1), drawn(1, 0)]
    assert request.take(part) == []
    assert request.asked() == ([PROBLEMS[0]], [[0]])
    assert not request.is_whole
    request.take(SampledPart(id=7, candidates=(drawn(0, 0),), over=True))
    assert request.is_whole


def test_a_reply_to_an_earlier_request_is_thrown_away() -> None:
    (request,) = shares(PROBLEMS, [[0], [], [], [], []], 1, 1)
    request.id = 8
    assert request.take(SampledPart(id=7, candidates=(drawn(0, 0),), over=True)) == []
    assert not request.is_whole


def test_problems_over_which_samplers_are_lost_again_and_again_end_the_run() -> None:
    (request,) = shares(PROBLEMS, [[0], [], [], [], []], 1, 1)
    request.lose("killed")
    request.lose("killed")
    with pytest.raises(VerituneError, match=r"lost 3 times over the same problems \(killed\)"):
        request.lose("killed")


def test_a_candidate_is_taken_for_no_less_than_it_is() -> None:
    text = "\u03b1" * BYTES
    long = Candidate(problem_id="p", index=0, text=text, token_ids=[1] * 10, logprobs=[0.5] * 10)
    assert sent_bytes(long) > len(text.encode()) + 2 * 10 * 8
