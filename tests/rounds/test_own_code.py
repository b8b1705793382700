"""Own sources of problems and own rules of selection, by their Python path."""

from pathlib import Path

import pytest

from veritune.config import ProblemsConfig, Recipe, SelectionConfig, VerifierConfig
from veritune.errors import RecipeError, RecordError
from veritune.problems import recipe_problems
from veritune.records import Candidate, MathProblem, MathReference, Verdict
from veritune.rounds.own_code import check_own_code
from veritune.rounds.selection import select

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

def raises(problem, candidate, verdict):
    return candidate.nothing
"""


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own.py").write_text(OWN)
    monkeypatch.chdir(tmp_path)


def test_a_source() -> None:
    config = ProblemsConfig(source="own.py:rows", path="here", train=10, test=5)
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
    ],
)
def test_own_code_is_checked_before_a_run_has_a_folder(recipe: Recipe, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        check_own_code(recipe)
