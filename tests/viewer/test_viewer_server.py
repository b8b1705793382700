"""The viewer's server over a real run: what it answers, and what it refuses."""

from __future__ import annotations

import json
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from viewer_runs import begun, code_problem, error, math_problem, served, small_run, solved_math

from veritune.cli import main
from veritune.records import Candidate
from veritune.report import head
from veritune.store import Store
from veritune.viewer.candidate import age

Json = dict[str, object]


def ask(address: str, name: str, status: int = 200, **asked: object):  # type: ignore[no-untyped-def]
    got, _, body = request(address, f"/api/{name}?{urlencode(asked)}")
    assert got == status, body
    return json.loads(body)


def request(
    address: str, path: str, method: str = "GET", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    at = urlsplit(address)
    connection = HTTPConnection(at.hostname or "", at.port or 0, timeout=60)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    found = answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
    connection.close()
    return found


def counted(address: str):  # type: ignore[no-untyped-def]
    while not (counts := ask(address, "counts"))["complete"]:
        pass
    return counts


def test_the_overview_has_rates_counts_and_curves(address: str) -> None:
    run = ask(address, "run")
    assert run["name"] == "small" and run["live"] is False
    assert [e["pass_at_1"]["value"] for e in run["evaluations"]] == [0.25, 0.5]
    assert run["evaluations"][0]["pass_at_1"]["low"] < 0.25
    assert run["curves"]["series"]["loss"][0] == [0, 1.0]
    sets = counted(address)["sets"]
    assert {k: sets["test/1"][k] for k in ("sampled", "passed", "selected", "errors")} == {
        **{"sampled": 17, "passed": 8, "selected": 1, "errors": 1}
    }
    assert sets["test/1"]["wrong_steps"] == 4 and sets["test/0"]["truncated"] == 8
    assert sets["test/0"]["pass_rates"][0] == 4 and sets["test/0"]["pass_rates"][6] == 4
    reasons = ask(address, "errors", set="test/1")["reasons"]
    assert reasons == [["verifier error: the sandbox went away", 1]]


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ({}, 33),
        ({"set": "test/0"}, 16),
        ({"set": "nowhere"}, 0),
        ({"outcome": "passed"}, 12),
        ({"outcome": "failed", "set": "test/1"}, 8),
        ({"outcome": "error"}, 1),
        ({"kind": "no answer found"}, 10),
        ({"kind": "wrong answer"}, 10),
        ({"steps": "incorrect step", "outcome": "passed"}, 6),
        ({"flag": "any"}, 10),
        ({"flag": "suspicious", "set": "test/1"}, 4),
        ({"flag": "cheat"}, 0),
        ({"selected": "yes"}, 1),
        ({"selected": "no", "set": "test/1"}, 16),
        ({"truncated": "yes"}, 16),
        ({"problem": "sum-0"}, 5),
        ({"most": 1}, 1),
        ({"least": 2, "set": "test/1"}, 16),
    ],
)
def test_a_filter_finds_what_it_says_in_every_order(
    address: str, asked: dict[str, object], count: int
) -> None:
    assert ask(address, "count", **asked) == {"count": count, "more": False}
    keys = []
    for sort in ("order", "longest", "shortest"):
        rows = ask(address, "candidates", sort=sort, **asked)["rows"]
        keys.append({(row["set"], row["problem"], row["index"]) for row in rows})
        lengths = [row["length"] for row in rows]
        assert sort == "order" or lengths == sorted(lengths, reverse=sort == "longest")
    assert len(keys[0]) == count and keys[0] == keys[1] == keys[2]


def test_the_overview_says_where_the_time_went(address: str) -> None:
    times = ask(address, "run")["times"]
    assert times["phases"] == [
        {
            "phase": "train",
            "rounds": [
                {"round": 1.0, "seconds": 6.0, "candidates": 0, "steps": 3.0, "tokens": 30.0},
                {"round": 2.0, "seconds": 3.0, "candidates": 0, "steps": 0, "tokens": 0},
            ],
        }
    ]
    assert ["processor", "A, 2 cores"] in times["machines"][0]
    assert ["versions", "torch 2"] in times["machines"][0]


def test_texts_and_reasons_are_searched(address: str) -> None:
    found = ask(address, "candidates", text="SANDBOX WENT")
    assert [row["kind"] for row in found["rows"]] == ["verifier error"]
    assert found["looked"] == 33 and found["next"] is None
    assert len(ask(address, "candidates", text="x + 1", set="test/0")["rows"]) == 2


def test_one_candidate_says_why(address: str) -> None:
    found = ask(address, "candidate", set="test/0", problem="add-1", index=0)
    (bad,) = [test for test in found["tests"] if test["outcome"] != "accepted"]
    assert bad["call"] == "f(-1, y=2)" and bad["expected"] == "0"
    assert bad["reason"] == "got 1, expected 0"
    assert found["use"]["case"] == "suspicious" and found["finish_reason"] == "length"
    assert len(found["others"]) == 4


@pytest.mark.parametrize(
    ("name", "policy", "found"),
    [
        ("train/3", "c", {"made": 2, "staleness": 0}),
        ("train/3", "a", {"made": 0, "staleness": 2}),
        ("test/3", "d", {"made": 3, "staleness": 0}),
        ("train/5", "d", {"made": 4, "staleness": 0}),  # Round 4 had nothing to learn from.
        ("train/1", "d", None),
        ("rollouts", "a", None),
        ("train/2", "another", None),
    ],
)
def test_the_age_of_a_policy_is_that_of_its_round(
    name: str, policy: str, found: dict[str, int] | None
) -> None:
    policies = {0: "a", 1: "b", 2: "c", 3: "d", 4: "d"}
    candidate = Candidate(problem_id="p", index=0, text="", policy=policy)
    assert age(name, candidate, policies) == found


def test_steps_are_cut_where_python_counts(address: str) -> None:
    found = ask(address, "candidate", set="test/1", problem="sum-0", index=0)
    assert found["thought"] == "<think>Say 2.</think>"
    assert [(piece["text"], piece.get("step")) for piece in found["text"]] == [
        ("1 + 1 = 3\n", 0),
        ("so 3 🧮 - 1 = 2\n", 1),
        ("The answer is \\boxed{2}.", None),
    ]
    assert found["selected"] and found["answer"] == "2" and found["expected"] == "2"


def test_rewards_stand_where_a_policy_gradient_pays_them(tmp_path: Path) -> None:
    credit = {"outcome": 1.0, "process": 0.5, "form": "sum"}
    folder = begun(tmp_path, "paid", trainer={"type": "rloo", "credit": credit})
    with Store.open(folder) as store:
        for name in ("train/1", "test/1"):
            store.add_problems(name, [math_problem(0)])
            rows = [solved_math("sum-0", i, passed=i == 0) for i in range(3)]
            store.add_verified(name, [*rows, error("sum-0", 3)])
    with served(folder) as address:
        asked = {"problem": "sum-0", "index": 0}
        found = ask(address, "candidate", set="train/1", **asked)["credit"]
        assert [piece["text"] for piece in found["pieces"]] == [
            "<think>Say 2.</think>1 + 1 = 3\n",
            "so 3 🧮 - 1 = 2\n",
            "The answer is \\boxed{2}.",
        ]
        assert [piece["reward"] for piece in found["pieces"]] == [-0.5, 0.5, 1.0]
        # Steps of all are alike; the others failed.
        assert [piece["advantage"] for piece in found["pieces"]] == [1.0, 1.5, 1.0]
        lost = ask(address, "candidate", set="train/1", problem="sum-0", index=3)["credit"]
        assert lost["pieces"] == [] and "verifier error" in lost["said"]
        assert ask(address, "candidate", set="test/1", **asked)["credit"] is None


def test_problems_say_what_was_solved_and_lost(address: str) -> None:
    counted(address)
    solved = ask(address, "problems", stem="test", sort="solved")
    assert [row["id"] for row in solved["rows"]] == ["sum-1", "sum-3", "add-1", "add-3"]
    assert solved["rows"][0]["counts"] == [[0, 2], [1, 2]]
    assert ask(address, "problems", stem="test", sort="lost")["total"] == 0
    assert ask(address, "problems", stem="test", sort="hardest")["total"] == 8


@pytest.mark.parametrize(
    ("name", "asked", "said"),
    [
        ("candidates", {"outcome": "won"}, "outcome: expected one of"),
        ("candidates", {"least": "-1"}, "least: expected a whole number"),
        ("problems", {"stem": "test", "start": "0" * 5000}, "start: expected a whole number"),
        ("candidates", {"after": "1-x"}, "after: expected a whole number"),
        ("candidate", {"set": "test/0"}, "problem: missing"),
        ("candidate", {"set": "test/0", "problem": "sum-0", "index": 9}, "no verified candidate"),
        ("candidate", {"set": "test/0", "problem": "sum-0", "index": 10**30}, "whole number"),
        ("problems", {"stem": "test", "sort": "best"}, "sort: expected one of"),
    ],
)
def test_a_wrong_question_is_one_line(
    address: str, name: str, asked: dict[str, object], said: str
) -> None:
    assert said in ask(address, name, status=400, **asked)["error"]


def test_nothing_but_reading_from_this_machine(address: str) -> None:
    assert request(address, "/", "POST")[0] == 405
    assert request(address, "/", Host="evil.example")[0] == 403
    assert request(address, "/", Host="127.0.0.1.evil.example:80")[0] == 403
    assert request(address, "/", Host="localhost")[0] == 200
    for path in ("/..%2fapp.py", "/../app.py", "/nothing.js", "/api/nothing"):
        assert request(address, path)[0] == 404
    for path in ("/", "/app.js", "/api/run", "/nothing", "/api/candidate"):
        headers = request(address, path)[1]
        assert "script-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


def test_pages_of_a_list_join_and_a_run_is_read_while_it_is_written(tmp_path: Path) -> None:
    folder = begun(tmp_path, "live")
    with Store.open(folder) as store, served(folder) as address:
        store.add_problems("train/1", [math_problem(i) for i in range(70)])
        rows = [solved_math(f"sum-{i}", 0, passed=i % 3 == 0) for i in range(70)]
        store.add_verified("train/1", rows[:60])
        assert ask(address, "run")["live"] is True
        first = ask(address, "candidates")
        store.add_verified("train/1", rows[60:])
        rest = ask(address, "candidates", after=first["next"])
        seen = [row["problem"] for row in first["rows"] + rest["rows"]]
        assert seen == [f"sum-{i}" for i in range(70)]
        longest = ask(address, "candidates", sort="longest")
        rest = ask(address, "candidates", sort="longest", after=longest["next"])
        assert len({row["problem"] for row in longest["rows"] + rest["rows"]}) == 70
        while ask(address, "counts")["sets"].get("train/1", {}).get("verified") != 70:
            pass


def test_a_folder_of_runs_is_viewed_as_all_of_them(tmp_path: Path) -> None:
    small_run(tmp_path, "a")
    small_run(tmp_path / "study", "c")
    with served(tmp_path) as address:
        assert ask(address, "run")["runs"] == ["a", "c"]
        assert ask(address, "run")["name"] == "a"
        assert ask(address, "run", run="c")["name"] == "c"
        assert ask(address, "count", run="c", outcome="error")["count"] == 1
        assert "run: expected one of a, c" in ask(address, "count", 400, run="d")["error"]


def test_a_damaged_run_is_named_and_the_others_are_shown(tmp_path: Path) -> None:
    small_run(tmp_path, "a")
    for name, held in (("b", b""), ("c", b"SQLite format 3\0" + b"z" * 900)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "journal.sqlite").write_bytes(held)
    with served(tmp_path) as address:
        run = ask(address, "run")
        assert run["runs"] == ["a"] and list(run["damaged"]) == ["b", "c"]
        assert "damaged (empty)" in run["damaged"]["b"]
        assert [row["name"] for row in ask(address, "runs")["runs"]] == ["a"]


def test_files_of_verdicts_are_viewed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = [solved_math("sum-0", i, passed=i == 0) for i in range(3)]
    for name, records in (
        ("p", [math_problem(0)]),
        ("c", [candidate for candidate, _ in pairs]),
        ("v", [verdict for _, verdict in pairs]),
    ):
        lines = "".join(f"{record.to_line()}\n" for record in records)
        (tmp_path / f"{name}.jsonl").write_text(lines)
    words = ["--problems", str(tmp_path / "p.jsonl"), "--candidates", str(tmp_path / "c.jsonl")]
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with served(tmp_path / "v.jsonl", *words) as address:
        assert ask(address, "count", outcome="failed")["count"] == 2
        assert list(tmp_path.glob("veritune-view-*"))
    # SIGTERM ended it, and nothing of the candidates stays behind.
    assert not list(tmp_path.glob("veritune-view-*"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere"], "not a run"),
        (["FILE"], "give --problems and --candidates"),
        (["RUN", "FILE"], "a file of verdicts is looked at alone"),
        (["RUN", "--problems", "p.jsonl"], "a run holds its own"),
        (["RUN", "--port", "70000"], "--port"),
        ([], "missing: RUN"),
    ],
)
def test_a_wrong_request_is_one_line(
    folder: Path, tmp_path: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "v.jsonl").write_text("")
    places = {"RUN": str(folder), "FILE": str(tmp_path / "v.jsonl")}
    assert main(["view", *(places.get(word, word) for word in words)]) == 2
    line = capsys.readouterr().err
    assert said in line and line.count("\n") == 1


@pytest.mark.parametrize(("held", "said"), [(b"", "damaged (empty)"), (b"z" * 99, "no database")])
def test_what_is_no_journal_is_not_called_an_older_one(
    tmp_path: Path, held: bytes, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "journal.sqlite").write_bytes(held)
    assert main(["view", str(tmp_path), "--port", "0"]) == 1
    assert said in capsys.readouterr().err


def test_a_problem_of_code_begins_behind_its_imports() -> None:
    problem = replace(
        code_problem(0), prompt="from typing import List\n\n\ndef f(x):\n    '''Add.'''"
    )
    assert head(problem) == "def f(x): '''Add.'''"
    assert head(replace(problem, prompt="import this")) == "import this"
    assert head(replace(math_problem(0), prompt="import 3 hens")) == "import 3 hens"
