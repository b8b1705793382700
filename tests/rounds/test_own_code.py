"""Own sources of problems and own rules of selection, by their Python path."""

from dataclasses import replace
from pathlib import Path

import pytest

from veritune.config import (
    CreditConfig,
    GroupConfig,
    ProblemsConfig,
    Recipe,
    SelectionConfig,
    VerifierConfig,
)
from veritune.errors import RecipeError, RecordError
from veritune.problems import recipe_problems
from veritune.records import Candidate, MathProblem, MathReference, Verdict
from veritune.rounds.own_code import check_own_code
from veritune.rounds.selection import select
from veritune.trainer import Rollout
from veritune.trainer.credit import own_credit
from veritune.verifiers import open_verifier

OWN = """
def rows(split, path="none"):
    for n in range(20):
        yield {"question": f"{split} {path}: {n}+1?", "answer": n + 1}

def broken(split):
    raise OSError("no connection")

def odd(split):
    return [3]

def short(problem, candidate, verdict, *, longest: int = 3):
    return len(candidate.text) <= longest

def spread(problem, candidate, verdict, *, worth: float = 1.0):
    return [(1, worth), (3, -worth)]

def number(problem, candidate, verdict):
    return -2

def text(problem, candidate, verdict):
    return "much"

def labels(problem, steps, *, word="right"):
    return [None if "?" in step else word in step for step in steps]

def fewer(problem, steps):
    return [True]

def raises(problem, candidate, verdict):
    return candidate.nothing
"""


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own.py").write_text(OWN)
    monkeypatch.chdir(tmp_path)


def test_a_source() -> None:
    config = ProblemsConfig(
        source="own.py:rows", path="here", train=10, test=5, decontaminate=False
    )
    train, test = recipe_problems(config, 0)
    assert (len(train), len(test)) == (10, 5)
    assert {str(problem.prompt).split(":")[0] for problem in train} == {"train here"}
    assert {str(problem.prompt).split(":")[0] for problem in test} == {"test here"}


def test_sources_that_fail_are_one_line() -> None:
    with pytest.raises(RecipeError, match=r"own.py:broken': OSError: no connection, line 7$"):
        recipe_problems(ProblemsConfig(source="own.py:broken"), 0)
    with pytest.raises(RecordError, match=r"own.py:odd:1: expected a dict or a problem"):
        recipe_problems(ProblemsConfig(source="own.py:odd"), 0)


def verified(*texts: str) -> list[tuple[MathProblem, Candidate, Verdict]]:
    problem = MathProblem(id="p", prompt="?", reference=MathReference(answer="1"))
    return [
        (
            problem,
            Candidate(problem_id="p", index=at, text=text),
            Verdict(problem_id="p", index=at, outcome="failed", score=0.0, reason=""),
        )
        for at, text in enumerate(texts)
    ]


def test_a_rule_of_selection() -> None:
    rows = verified("abc", "abcd")
    chosen = select(rows, SelectionConfig(reward="own.py:short"))
    assert [row[1].text for row in chosen] == ["abc"]
    assert len(select(rows, SelectionConfig(reward="own.py:short", options={"longest": 4}))) == 2
    with pytest.raises(RecipeError, match=r"selection.reward: .*AttributeError"):
        select(rows, SelectionConfig(reward="own.py:raises"))


def test_a_reward_of_own_code() -> None:
    ((problem, candidate, verdict),) = verified("abcd")
    rollout = Rollout(problem=problem, candidate=candidate, verdict=verdict)
    ends = [1, 2, 4, 4]

    def credit(name: str, **options: float) -> list[float]:
        config = CreditConfig(reward=f"own.py:{name}", options=options)
        found = own_credit(rollout, ends, config)
        assert found is not None
        return found.rewards()

    assert credit("number") == [0, 0, 0, -2]
    assert credit("spread") == [1, 0, -1, 0]
    assert credit("spread", worth=2) == [2, 0, -2, 0]
    with pytest.raises(RecipeError, match=r"trainer.credit.reward: .*returned str; expected a num"):
        credit("text")
    error = replace(rollout, verdict=replace(verdict, outcome="error", score=None))
    assert own_credit(error, ends, CreditConfig(reward="own.py:number")) is None


async def test_a_checker_of_steps() -> None:
    problem = MathProblem(id="p", prompt="?", reference=MathReference(answer="1"))
    text = "<think>wrong</think>right\nwhat?\nwrong"
    candidate = Candidate(problem_id="p", index=0, text=text)

    async def checked(**keys: object) -> list[tuple[str, str]]:
        async with open_verifier(VerifierConfig.model_validate(keys)) as verifier:
            steps = (await verifier.verify(problem, candidate)).steps
        return [(text[step.start : step.end].strip(), step.label) for step in steps]

    found = await checked(steps=("rules", "own.py:labels"))
    assert found == [("right", "verified"), ("what?", "unchecked"), ("wrong", "incorrect")]
    other = await checked(steps=("own.py:labels",), options={"word": "wrong"})
    assert [label for _, label in other] == ["incorrect", "unchecked", "verified"]
    assert {label for _, label in await checked(steps=("own.py:fewer",))} == {"unchecked"}


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        (Recipe(verifier=VerifierConfig(type="own.py:gone")), r"verifier.type: .*has no gone"),
        (
            Recipe(selection=SelectionConfig(reward="own.py:rows")),
            r"selection.reward: .*takes \(split, path\), expected \(problem, candidate, verdict",
        ),
        (
            Recipe(problems=ProblemsConfig(source="own.py:broken", path="x")),
            r"has no such option; it has none",
        ),
        (
            Recipe(verifier=VerifierConfig(steps=("own.py:broken",))),
            r"verifier.steps: .*takes \(split\), expected \(problem, steps",
        ),
        (
            Recipe(
                trainer=GroupConfig(type="rloo", credit=CreditConfig(reward="own.py:labels")),
            ),
            r"trainer.credit.reward: .*expected \(problem, candidate, verdict",
        ),
    ],
)
def test_own_code_is_checked_before_a_run_has_a_folder(recipe: Recipe, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        check_own_code(recipe)
