"""Best-of-n figures are what counting over all subsets gives."""

import json
from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veritune.benchmarks.best_of_n import curves
from veritune.benchmarks.estimators import Vote, best_scored, majority
from veritune.cli import main
from veritune.config import ScratchConfig
from veritune.errors import RecordError
from veritune.models import build_scratch, save_policy
from veritune.models.reward import fresh_reward_model, save_reward_model
from veritune.records import Verdict


def counted_majority(votes: list[Vote], n: int) -> float:
    names = [i for i, vote in enumerate(votes) for _ in range(vote.size)]
    chances = []
    for subset in combinations(names, n):
        counts = Counter(i for i in subset if votes[i].counts)
        most = max(counts.values(), default=0)
        winners = [i for i, count in counts.items() if count == most]
        chances.append(sum(votes[i].right for i in winners) / max(1, len(winners)))
    return sum(chances) / len(chances)


@given(
    st.lists(st.integers(1, 4), min_size=1, max_size=5),
    st.integers(0, 3),
    st.booleans(),
    st.data(),
)
def test_majority_is_the_mean_over_all_subsets(
    sizes: list[int], silent: int, known: bool, data: st.DataObject
) -> None:
    votes = [Vote(size, right=known and i == 0) for i, size in enumerate(sizes)]
    votes += [Vote(silent, right=False, counts=False)] if silent else []
    total = sum(vote.size for vote in votes)
    n = data.draw(st.integers(1, min(total, 9)))
    assert majority(votes, n) == pytest.approx(counted_majority(votes, n), abs=1e-12)


@given(
    st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=1, max_size=9),
    st.data(),
)
def test_best_scored_is_the_mean_over_all_subsets(
    scored: list[tuple[int, bool]], data: st.DataObject
) -> None:
    n = data.draw(st.integers(1, len(scored)))
    chances = []
    for subset in combinations(scored, n):
        best = max(score for score, _ in subset)
        rights = [right for score, right in subset if score == best]
        chances.append(sum(rights) / len(rights))
    assert best_scored(scored, n) == pytest.approx(sum(chances) / len(chances), abs=1e-12)


def test_many_candidates_are_no_trouble() -> None:
    votes = [Vote(300, right=True), Vote(250, right=False), Vote(1, right=False, counts=False)]
    assert 0.5 < majority(votes, 1) < majority(votes, 31) < majority(votes, 551) == 1


def verdict(id: str, index: int, answer: str | None, outcome: str = "failed") -> Verdict:
    score = {"passed": 1.0, "failed": 0.0}.get(outcome)
    return Verdict.from_json(
        {"problem_id": id, "index": index, "outcome": outcome, "score": score, "reason": ""}
        | ({"answer": answer} if answer else {})
    )


def test_equal_answers_vote_together_and_broken_checks_do_not() -> None:
    verdicts = [
        verdict("p", 0, "1/2", "passed"),
        verdict("p", 1, "0.5", "passed"),
        verdict("p", 2, "3"),
        verdict("p", 3, "3.0"),
        verdict("p", 4, "6/2"),
        verdict("p", 5, "7", "error"),
    ]
    found = curves(verdicts, {}, [1, 5])
    assert found["verifier"].rates == {1: 0.4, 5: 1.0}
    assert found["majority"].rates == {1: pytest.approx(0.4), 5: 0.0}
    with pytest.raises(RecordError, match="no problem has 6 checked"):
        curves(verdicts, {}, [6])
    with pytest.raises(RecordError, match=r"rm: no score for candidate 1 of problem 'p'"):
        curves(verdicts, {"rm": {("p", 0): 1.0}}, [1])
    assert "majority" not in curves([verdict("c", 0, None, "passed")], {}, [1])


def test_the_command_reads_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = {name: tmp_path / f"{name}.jsonl" for name in ("P", "C", "reward")}
    problem = {"id": "p", "kind": "math", "prompt": "?", "reference": {"answer": "2"}}
    paths["P"].write_text(json.dumps(problem) + "\n")
    texts = [r"\boxed{2}", r"\boxed{3}", r"\boxed{2}", r"\boxed{4}"]
    rows = [{"problem_id": "p", "index": i, "text": text} for i, text in enumerate(texts)]
    paths["C"].write_text("".join(json.dumps(row) + "\n" for row in rows))
    scores = [{"problem_id": "p", "index": i, "score": s} for i, s in enumerate([9, 7, 1, None])]
    paths["reward"].write_text("".join(json.dumps(row) + "\n" for row in scores))
    words = ["bench", "best-of-n", "--problems", str(paths["P"]), "--candidates", str(paths["C"])]
    out = tmp_path / "curves.json"
    assert main([*words, "--scores", str(paths["reward"]), "--out", str(out)]) == 0
    found = json.loads(out.read_text())
    assert found["verifier"]["rates"] == {"1": 0.5, "2": pytest.approx(5 / 6), "4": 1.0}
    assert found["majority"]["rates"]["4"] == 1.0
    assert found["reward"]["rates"] == {"1": 0.5, "2": pytest.approx(4 / 6), "4": 1.0}
    assert "best" not in capsys.readouterr().err
    paths["reward"].write_text('{"index": 0}\n')
    assert main([*words, "--scores", str(paths["reward"])]) == 2
    assert "reward.jsonl:1: expected problem_id" in capsys.readouterr().err
    assert main(words[:-2]) == 2
    assert "give --candidates" in capsys.readouterr().err


def test_a_reward_model_that_learned_nothing_picks_evenly(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, tokenizer = build_scratch(ScratchConfig(layers=1, width=16, heads=2, max_length=64), 0)
    start = save_policy(model, tokenizer, tmp_path / "start")
    save_reward_model(fresh_reward_model(start.path, "outcome"), tmp_path / "blank")
    problem = {"id": "p", "kind": "math", "prompt": "1+1=", "reference": {"answer": "2"}}
    (tmp_path / "P.jsonl").write_text(json.dumps(problem) + "\n")
    words = ["bench", "best-of-n", "--problems", str(tmp_path / "P.jsonl"), "--n", "1", "4"]
    texts = [r"\boxed{2}", r"\boxed{3}", r"\boxed{4}", r"\boxed{5}"]
    rows = [{"problem_id": "p", "index": i, "text": text} for i, text in enumerate(texts)]
    (tmp_path / "C.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    words += ["--candidates", str(tmp_path / "C.jsonl"), "--out", str(tmp_path / "curves.json")]
    assert main([*words, "--scorer", str(tmp_path / "blank")]) == 0
    found = json.loads((tmp_path / "curves.json").read_text())
    assert found["blank"]["rates"] == {"1": 0.25, "4": 0.25}
    assert main([*words, "--scorer", start.path]) == 2
    assert "no reward model" in capsys.readouterr().err
    drawing = [*words[:7], "--model", start.path, "--sampler.n", "4", "--sampler.max-tokens", "4"]
    assert main(drawing) == 0
