"""One problem, many candidates: grouped by what they answer, the soundest shown."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from veritune.cli import main
from veritune.cli.solve import lines, to_json
from veritune.config import ScratchConfig
from veritune.models import build_scratch, save_policy
from veritune.records import Candidate, Checkpoint, MathProblem, MathReference, Problem
from veritune.rounds import SolvedProblem, open_session, solve_problem

WRONG = "17 + 25 = 43, and 43 - 1 = 42.\nThe answer is \\boxed{42}."
SOUND = "17 + 25 = 42.\nThe answer is \\boxed{42}."
HOSTILE = "17 + 25 = 41.\nSo\x1b[2J\u202e.\nThe answer is \\boxed{41}."


class Scripted:
    """A sampler of one's own that gives these texts."""

    logprob_diff = None

    def __init__(self, *texts: str) -> None:
        self._texts = texts

    def load(self, checkpoint: Checkpoint) -> None: ...

    def close(self) -> None: ...

    def sample(
        self, problems: Sequence[Problem], indices: Sequence[Sequence[int]], *, round: int
    ) -> Iterator[Candidate]:
        for index in indices[0]:
            yield Candidate(problem_id=problems[0].id, index=index, text=self._texts[index])


async def solved(*texts: str, answer: str | None = None) -> SolvedProblem:
    reference = MathReference(answer=answer or "0")
    problem = MathProblem(id="sum", prompt="17 + 25?", reference=reference)
    async with open_session(sampler=Scripted(*texts)) as session:
        policy = Checkpoint(path="", policy="")
        return await solve_problem(session, problem, len(texts), policy, known=answer is not None)


async def test_most_agree_and_the_soundest_of_them_is_shown() -> None:
    found = await solved(WRONG, "It is \\boxed{84/2}.", HOSTILE, SOUND, "I do not know.")
    assert [(g.answer, len(g.members)) for g in found.groups] == [("42", 3), ("41", 1)]
    assert found.correct is None and found.agreeing == 3 and found.silent == 1
    assert found.best is not None and found.best[0].text == SOUND
    text = "\n".join(lines(found))
    assert "how sure: 3 of 5 candidates agree" in text
    assert "whether the answer is right: none was given" in text
    assert "~ 17 + 25 = 42." in text and "1 candidate without an answer" in text
    assert to_json(found)["answers"] == [{"answer": "42", "count": 3}, {"answer": "41", "count": 1}]


async def test_the_known_answer_is_chosen_before_what_most_say() -> None:
    found = await solved(WRONG, SOUND, HOSTILE, answer="41")
    assert found.correct is True and found.chosen is not None and found.chosen.answer == "41"
    text = "\n".join(lines(found))
    assert "not at all, no two of 3 candidates agree" in text
    assert "\x1b" not in text and "\u202e" not in text and "⟨U+001B⟩" in text
    assert "incorrect: 17 + 25 = 41" in text


async def test_a_known_answer_that_nobody_gives_is_said() -> None:
    found = await solved(SOUND, WRONG, answer="7")
    assert found.correct is False and found.chosen is not None and found.chosen.answer == "42"
    assert "the known answer: 7: none has it" in "\n".join(lines(found))


async def test_where_nobody_answers_nothing_is_made_up() -> None:
    found = await solved("Well.", "Hm.")
    assert found.chosen is None and found.best is None and found.silent == 2
    assert next(lines(found)) == "no answer: none of 2 candidates states one"
    assert to_json(found)["answer"] is None


def test_the_command_says_that_a_model_of_nothing_has_no_answer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, tokenizer = build_scratch(ScratchConfig(layers=1, width=16, heads=2, max_length=32), 0)
    save_policy(model, tokenizer, tmp_path / "M")
    words = ["solve", str(tmp_path / "M"), "1+1=", "--n", "3", "--sampler.max-tokens", "6"]
    assert main(words) == 1
    assert "none of 3 candidates states one" in capsys.readouterr().out
    assert main([*words, "--json", "--answer", "2"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["of"], found["agree"], found["correct"]) == (3, 0, False)
    assert main(["solve", str(tmp_path / "M"), "1+1=", "--answer", "\\begin{"]) == 2
    assert "--answer" in capsys.readouterr().err
