"""Training, held-out and demonstration problems: disjoint, and the same for the same seed."""

import json
from pathlib import Path

import pytest

from veritune.config import ChainConfig, ProblemsConfig
from veritune.errors import InputError
from veritune.files import write_records
from veritune.problems import demonstrations, load_problems, recipe_problems, reference_solution
from veritune.records import MathProblem, MathReference

SMALL = {
    "chain": ProblemsConfig(source="chain", train=120, test=60),
    "functions": ProblemsConfig(source="functions", train=120, test=60),
}


@pytest.mark.parametrize("source", SMALL)
def test_generated_parts_are_disjoint_even_between_seeds(source: str) -> None:
    config = SMALL[source]
    parts: list[set[str]] = [set(), set(), set()]
    for seed in (0, 1):
        train, test = recipe_problems(config, seed)
        shown = [problem for problem, _ in demonstrations(config, seed, 80)]
        assert (len(train), len(test), len(shown)) == (120, 60, 80)
        for part, problems in zip(parts, (train, test, shown), strict=True):
            part |= {str(problem.prompt) for problem in problems}
            assert len({problem.id for problem in problems}) == len(problems)
    assert not parts[0] & parts[1] and not parts[0] & parts[2] and not parts[1] & parts[2]


@pytest.mark.parametrize("source", SMALL)
def test_same_seed_same_problems(source: str) -> None:
    config = SMALL[source]
    assert recipe_problems(config, 3) == recipe_problems(config, 3)
    assert demonstrations(config, 3, 40) == demonstrations(config, 3, 40)
    assert recipe_problems(config, 3) != recipe_problems(config, 4)


def test_more_problems_begin_with_the_fewer() -> None:
    few = ProblemsConfig(train=50, test=20)
    many = ProblemsConfig(train=100, test=20)
    assert recipe_problems(many, 0)[0][:50] == recipe_problems(few, 0)[0]


def test_asking_for_more_than_there_are() -> None:
    tiny = ChainConfig(steps=1, operators="*", largest_factor=2, largest_term=9)
    with pytest.raises(InputError, match=r"only \d+ distinct problems for train"):
        recipe_problems(ProblemsConfig(train=50, test=2, chain=tiny), 0)
    with pytest.raises(InputError, match="ask for fewer"):
        demonstrations(ProblemsConfig(source="functions"), 0, 20_000)


def gsm(path: Path, questions: list[str]) -> Path:
    rows = [
        json.dumps({"question": q, "answer": f"1 + 1 = {n}\n#### {n}"})
        for n, q in enumerate(questions)
    ]
    path.write_text("\n".join(rows) + "\n")
    return path


def test_one_file_is_divided(tmp_path: Path) -> None:
    path = gsm(tmp_path / "all.jsonl", [f"Question {n}?" for n in range(50)])
    config = ProblemsConfig(source="gsm8k", path=str(path), train=30, test=10)
    train, test = recipe_problems(config, 0)
    assert (len(train), len(test)) == (30, 10)
    assert not {p.prompt for p in train} & {p.prompt for p in test}
    big = ProblemsConfig(source="gsm8k", path=str(path), train=80, test=20)
    train, test = recipe_problems(big, 0)
    assert (len(train), len(test)) == (40, 10)


def test_content_that_stands_in_both_files_is_kept_out_of_training(tmp_path: Path) -> None:
    train_path = gsm(tmp_path / "a.jsonl", ["One?", "Two?", "three  apples?", "Four?"])
    test_path = gsm(tmp_path / "b.jsonl", ["Three apples?", "Five?"])
    config = ProblemsConfig(source="gsm8k", path=str(train_path), test_path=str(test_path))
    train, test = recipe_problems(config, 0)
    assert sorted(str(p.prompt) for p in train) == ["Four?", "One?", "Two?"]
    assert len(test) == 2


def test_nothing_left_is_one_line(tmp_path: Path) -> None:
    path = gsm(tmp_path / "a.jsonl", ["One?"])
    other = gsm(tmp_path / "b.jsonl", ["One?"])
    config = ProblemsConfig(source="gsm8k", path=str(path), test_path=str(other))
    with pytest.raises(InputError, match="0 training"):
        recipe_problems(config, 0)


def test_demonstrations_of_a_data_set_are_its_reference_solutions(tmp_path: Path) -> None:
    path = gsm(tmp_path / "all.jsonl", [f"Question {n}?" for n in range(20)])
    config = ProblemsConfig(source="gsm8k", path=str(path), train=15, test=5)
    train, _ = recipe_problems(config, 0)
    shown = demonstrations(config, 0, 8)
    assert [problem for problem, _ in shown] == train[:8]
    assert all("####" in text for _, text in shown)


def test_own_problems_round_trip_with_the_right_reference_text(tmp_path: Path) -> None:
    problems, _ = recipe_problems(SMALL["chain"], 0)
    bare = MathProblem(id="m", prompt="1+1?", reference=MathReference(answer="2", steps=("1+1=2",)))
    for name in ("p.jsonl", "p.jsonl.zst", "p.parquet"):
        write_records(tmp_path / name, [*problems, bare])
        loaded = load_problems("veritune", str(tmp_path / name), split="train", count=None)
        assert loaded == [*problems, bare]
    assert reference_solution(problems[0]) == problems[0].reference.solution
    assert reference_solution(bare) == "1+1=2\n\\boxed{2}"
