"""The audit of a verifier: who is drawn, and whether the estimates and intervals are true."""

import json
from pathlib import Path
from random import Random

import pytest

from veritune.benchmarks import draw_audit, estimate_audit
from veritune.benchmarks.audit.sampling import allocated
from veritune.benchmarks.audit.stratified import Stratum, proportion, score_interval
from veritune.cli import main
from veritune.errors import InputError, RecordError
from veritune.files import write_records
from veritune.records import (
    Candidate,
    Flag,
    MathProblem,
    MathReference,
    Outcome,
    Verdict,
    VerifiedCandidate,
)
from veritune.report import wilson

Z95 = 1.959963984540054


def row(id: str, index: int, outcome: Outcome, reason: str, flagged: bool) -> VerifiedCandidate:
    return (
        MathProblem(id=id, prompt="1+1", reference=MathReference(answer="2")),
        Candidate(problem_id=id, index=index, text=f"text {index}"),
        Verdict(
            problem_id=id,
            index=index,
            outcome=outcome,
            score={"passed": 1.0, "failed": 0.0, "error": None}[outcome],
            reason=reason,
            flags=(Flag(name="odd", degree="suspicious"),) if flagged else (),
        ),
    )


ROWS = [
    *(row("a", i, "passed", f"equal: {i} against 2", False) for i in range(300)),
    *(row("b", i, "passed", f"equal: {i} against 2", True) for i in range(20)),
    *(row("c", i, "failed", "no answer found", False) for i in range(30)),
    *(row("d", i, "failed", f"different: {i}", False) for i in range(600)),
    *(row("e", i, "error", "broke", False) for i in range(50)),
]


def test_the_sample_is_stratified_seeded_and_leaves_errors_out(tmp_path: Path) -> None:
    counts = draw_audit(ROWS, tmp_path / "S.jsonl", n=100, seed=1)
    assert counts == {
        "passed: equal": (47, 300),
        "passed: equal, flag suspicious": (3, 20),
        "failed: failed": (48, 600),
        "failed: no answer found": (2, 30),
    }
    drawn = (tmp_path / "S.jsonl").read_text()
    rows = [json.loads(line) for line in drawn.splitlines()]
    assert len(rows) == 100 and {one["label"] for one in rows} == {""}
    assert len({(one["problem_id"], one["index"]) for one in rows}) == 100
    assert rows[0]["population"] == {"passed": 320, "failed": 630}
    draw_audit(ROWS[::-1], tmp_path / "again.jsonl", n=100, seed=1)
    assert (tmp_path / "again.jsonl").read_text() == drawn
    draw_audit(ROWS, tmp_path / "other.jsonl", n=100, seed=2)
    assert (tmp_path / "other.jsonl").read_text() != drawn
    with pytest.raises(InputError, match="no verdict has a score"):
        draw_audit(ROWS[-50:], tmp_path / "none.jsonl", n=100, seed=1)


@pytest.mark.parametrize(
    "sizes, n, expected",
    [
        ({"passed: a": 5, "failed: b": 1000}, 100, {"passed: a": 5, "failed: b": 95}),
        ({"passed: a": 1000, "failed: b": 3}, 100, {"passed: a": 97, "failed: b": 3}),
        ({"passed: a": 3, "failed: b": 3}, 100, {"passed: a": 3, "failed: b": 3}),
        ({"passed: a": 900, "passed: b": 100}, 10, {"passed: a": 8, "passed: b": 2}),
        ({"failed: a": 900}, 10, {"failed: a": 10}),
    ],
)
def test_who_is_drawn(sizes: dict[str, int], n: int, expected: dict[str, int]) -> None:
    assert allocated(sizes, n) == expected


def test_one_stratum_of_many_is_wilsons_interval() -> None:
    found = proportion([Stratum(name="", size=10**9, n=100, hits=7)], Z95)
    known = wilson(0.07, 99)
    assert found.value == 0.07
    assert (found.low, found.high) == pytest.approx((known.low, known.high), abs=1e-6)
    whole = proportion([Stratum(name="", size=10, n=10, hits=3)], Z95)
    assert (whole.low, whole.value, whole.high) == (0.3, 0.3, 0.3)


def test_the_weighted_estimate_by_hand() -> None:
    strata = [Stratum(name="a", size=300, n=30, hits=0), Stratum(name="b", size=100, n=20, hits=10)]
    found = proportion(strata, Z95)
    assert found.value == pytest.approx(0.125)
    variance = 0.25**2 * (1 - 0.2) * 0.25 / 19
    most = 1 / (0.75**2 * 0.9 / 30 + 0.25**2 * 0.8 / 20)
    effective = min(0.125 * 0.875 / variance, most)
    assert found.effective == pytest.approx(effective)
    assert (found.low, found.high) == score_interval(0.125, effective, Z95)


# (candidates, share of mistakes) of the strata; the last is where intervals are hardest.
POPULATIONS = [
    [(2000, 0.10), (400, 0.30)],
    [(3000, 0.02), (300, 0.20), (100, 0.50)],
    [(5000, 0.005), (100, 0.3)],
]


@pytest.mark.parametrize("population", POPULATIONS)
def test_the_intervals_hold_the_truth_as_often_as_they_say(
    population: list[tuple[int, float]],
) -> None:
    random, held, tries = Random(7), 0, 1000
    sizes = {f"passed: {at}": size for at, (size, _) in enumerate(population)}
    mistakes = {f"passed: {at}": round(size * p) for at, (size, p) in enumerate(population)}
    truth = sum(mistakes.values()) / sum(sizes.values())
    taken = allocated(sizes, 150)
    for _ in range(tries):
        strata = []
        for name, size in sizes.items():
            drawn = random.sample(range(size), taken[name])
            hits = sum(one < mistakes[name] for one in drawn)
            strata.append(Stratum(name=name, size=size, n=taken[name], hits=hits))
        found = proportion(strata, Z95)
        held += found.low <= truth <= found.high
    assert held / tries >= 0.93


def label(path: Path, wrong: set[str], right: set[str], most: int | None = None) -> None:
    """Label by problem: those of `wrong` are wrong whatever their verdict, of `right` right."""
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    for one in rows[:most]:
        passed = one["outcome"] == "passed"
        mistaken = one["problem_id"] in (wrong if passed else right)
        one["label"] = "right" if passed != mistaken else " Wrong "
    path.write_text("".join(json.dumps(one) + "\n" for one in rows))


def test_rates_of_the_verifier(tmp_path: Path) -> None:
    path = tmp_path / "S.jsonl"
    draw_audit(ROWS, path, n=10_000, seed=0)
    label(path, wrong={"b"}, right={"c"})
    found = estimate_audit(str(path), half_width=0.05)
    # Everything is labelled, so all is known.
    assert found.wrong_passed.value == pytest.approx(20 / 320)
    assert found.right_failed.value == pytest.approx(30 / 630)
    assert found.false_accepts.value == pytest.approx(20 / (20 + 600))
    assert found.false_rejects.value == pytest.approx(30 / (30 + 300))
    assert found.false_rejects.low == pytest.approx(found.false_rejects.high)
    assert found.more == {"passed": 0, "failed": 0}


def test_few_labels_say_how_many_are_lacking(tmp_path: Path) -> None:
    path = tmp_path / "S.jsonl"
    draw_audit(ROWS, path, n=200, seed=0)
    label(path, wrong={"b"}, right=set(), most=60)
    found = estimate_audit(str(path), half_width=0.03)
    labels = sum(one.n for one in found.strata["passed"])
    assert 0 < labels < 60 and found.more["passed"] > labels
    assert found.wrong_passed.low < 20 / 320 < found.wrong_passed.high
    assert estimate_audit(str(path), half_width=0.001).more["passed"] == 320 - labels


def test_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_records("P.jsonl", {one[0].id: one[0] for one in ROWS}.values())
    write_records("C.jsonl", [one[1] for one in ROWS])
    write_records("V.jsonl", [one[2] for one in ROWS])
    words = ["audit", "V.jsonl", "--problems", "P.jsonl", "--candidates", "C.jsonl"]
    assert main([*words, "--out", "S.jsonl", "--n", "40"]) == 0
    assert "50 verifier errors are left out" in capsys.readouterr().out
    assert main([*words, "--out", "S.jsonl"]) == 2
    assert "may hold labels" in capsys.readouterr().err
    label(Path("S.jsonl"), wrong={"b"}, right=set())
    assert main(["audit", "--labels", "S.jsonl"]) == 0
    said = capsys.readouterr().out
    assert "2 wrong of    2 labelled,       20  passed: equal, flag suspicious" in said
    assert main(["audit", "--labels", "S.jsonl", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["population"] == {"passed": 320, "failed": 630}
    assert main(["audit"]) == 2 and main(words) == 2


@pytest.mark.parametrize(
    "change, said",
    [
        ({"label": "maybe"}, r"S.jsonl:1: label: expected right, wrong or nothing \(got 'maybe'\)"),
        ({"stratum_size": "x"}, "S.jsonl:1: not a row that `veritune audit` wrote"),
    ],
)
def test_rows_that_are_not_right(tmp_path: Path, change: dict[str, object], said: str) -> None:
    path = tmp_path / "S.jsonl"
    draw_audit(ROWS, path, n=10, seed=0)
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    path.write_text("".join(json.dumps(one | change) + "\n" for one in rows))
    with pytest.raises(RecordError, match=said):
        estimate_audit(str(path), half_width=0.05)
    path.write_text(2 * (json.dumps(rows[0]) + "\n"))
    with pytest.raises(RecordError, match="labelled twice"):
        estimate_audit(str(path), half_width=0.05)


def test_two_verdicts_on_one_candidate_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    problem, candidate, verdict = row("a", 0, "passed", "", False)
    write_records("P.jsonl", [problem])
    write_records("C.jsonl", [candidate])
    write_records("V.jsonl", [verdict, verdict])
    words = ["V.jsonl", "--problems", "P.jsonl", "--candidates", "C.jsonl", "--out", "S.jsonl"]
    assert main(["audit", *words]) == 2
    assert "V.jsonl: two verdicts on candidate 'a' 0" in capsys.readouterr().err


def test_rows_of_two_samples_are_not_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, count in (("one", 4), ("two", 6)):
        rows = [row(name, at, "passed", "", False) for at in range(count)]
        draw_audit(rows, tmp_path / f"{name}.jsonl", n=4, seed=0)
    one, two = ((tmp_path / f"{name}.jsonl").read_text() for name in ("one", "two"))
    both = tmp_path / "both.jsonl"
    both.write_text(one + two)
    with pytest.raises(RecordError, match=r"both\.jsonl:5: of another sample"):
        estimate_audit(str(both), half_width=0.05)
    both.write_text(one.replace('"stratum_size": 4', '"stratum_size": 99'))
    with pytest.raises(RecordError, match="strata of more than the 4 that passed"):
        estimate_audit(str(both), half_width=0.05)
    assert main(["audit", "--labels", str(tmp_path / "one.jsonl"), "--out", "S.jsonl"]) == 2
    assert "not both" in capsys.readouterr().err
