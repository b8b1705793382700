"""Labelling a sample of `veritune audit` in the browser: what is written, and what is refused."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from viewer_runs import math_problem, served, solved_math

from veritune.benchmarks import draw_audit, estimate_audit
from veritune.cli import main

OURS = {"content-type": "application/json", "x-veritune": "label"}


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    rows = [
        (math_problem(i), *solved_math(f"sum-{i}", index, passed=index == 0))
        for i in range(3)
        for index in range(2)
    ]
    draw_audit(rows, tmp_path / "S.jsonl", n=6, seed=1)
    return tmp_path / "S.jsonl"


def post(address: str, body: object, path: str = "/api/label", **headers: str) -> tuple[int, str]:
    at = urlsplit(address)
    connection = HTTPConnection(at.hostname or "", at.port or 0, timeout=60)
    connection.request("POST", path, json.dumps(body), headers)
    answer = connection.getresponse()
    found = answer.status, answer.read().decode()
    connection.close()
    return found


def labels(sample: Path) -> list[str]:
    return [json.loads(line)["label"] for line in sample.read_text().splitlines()]


def test_a_label_is_in_the_file_and_nothing_else_changes(sample: Path) -> None:
    before = [json.loads(line) for line in sample.read_text().splitlines()]
    with served(sample, "--label") as address:
        assert post(address, {"at": 2, "label": "right"}, **OURS)[0] == 200
        assert post(address, {"at": 0, "label": "wrong"}, **OURS)[0] == 200
        assert post(address, {"at": 0, "label": ""}, **OURS)[0] == 200
        assert post(address, {"at": 5, "label": "wrong"}, **OURS)[0] == 200
    after = [json.loads(line) for line in sample.read_text().splitlines()]
    assert labels(sample) == ["", "", "right", "", "", "wrong"]
    assert [row | {"label": ""} for row in after] == before
    assert (
        sum(
            one.n
            for two in estimate_audit(str(sample), half_width=0.1).strata.values()
            for one in two
        )
        == 2
    )


def test_what_did_not_come_from_its_page_writes_nothing(sample: Path) -> None:
    body = {"at": 0, "label": "right"}
    with served(sample, "--label") as address:
        for headers in ({}, {"x-veritune": "label"}, {"content-type": "application/json"}):
            assert post(address, body, **headers)[0] == 405
        assert post(address, body, "/api/row", **OURS)[0] == 405
        assert post(address, body, **OURS, Host="evil.example")[0] == 403
        for wrong in (
            {"at": 6, "label": "right"},
            {"at": -1, "label": "right"},
            {"at": True},
            [],
            {"at": 0, "label": "maybe"},
            {"at": 0, "label": "x" * 2000},
        ):
            assert post(address, wrong, **OURS)[0] == 400, wrong
        assert set(labels(sample)) == {""}
        changed = sample.read_text().replace('"label": ""', '"label": "wrong"', 1)
        sample.write_text(changed)
        assert "was changed meanwhile" in post(address, body, **OURS)[1]
        assert sample.read_text() == changed
    # A run is never written.
    with served(sample.parent / "S.jsonl", "--label") as address:
        assert post(address, body, "/api/run", **OURS)[0] == 405


@pytest.mark.parametrize(
    ("held", "said"), [("", "empty"), ('{"label": ""}\n', "no problem_id"), ("x", "not valid JSON")]
)
def test_what_is_no_sample_is_refused(
    tmp_path: Path, held: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "S.jsonl").write_text(held)
    assert main(["view", str(tmp_path / "S.jsonl"), "--label"]) == 2
    assert said in capsys.readouterr().err
    assert main(["view", "--label"]) == 2
