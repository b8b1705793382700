"""`veritune verify` through pipes, and what it writes for a CI job."""

import base64
import gzip
import json
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
import warm

from veritune.cli import main
from veritune.records import Verdict

COUNT = 300
COMMAND = ["-m", "veritune", "verify", "--problems", "P.jsonl"]
STREAMS = [*COMMAND, "--candidates", "-", "--out", "-"]


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Ten problems, one of them broken, and 300 candidates."""
    monkeypatch.chdir(tmp_path)
    answers = [*map(str, range(9)), " "]
    problems = [
        {"id": f"p|{i}", "kind": "math", "prompt": "?", "reference": {"answer": answer}}
        for i, answer in enumerate(answers)
    ]
    Path("P.jsonl").write_text("".join(json.dumps(row) + "\n" for row in problems))
    rows = [
        {"problem_id": f"p|{i % 10}", "index": i // 10, "text": f"\x01<b> \\boxed{{{i % 9}}}"}
        for i in range(COUNT)
    ]
    Path("C.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


def run(words: list[str], given: str) -> subprocess.CompletedProcess[str]:
    return warm.run(*words, given=given).ended()


def without_seconds(line: str) -> dict[str, object]:
    return {key: value for key, value in json.loads(line).items() if key != "seconds"}


def test_a_stream_has_the_verdicts_of_the_file_in_its_order() -> None:
    done = run(STREAMS, Path("C.jsonl").read_text())
    assert done.returncode == 0, done.stderr
    assert "300 candidates: 36 passed, 234 failed, 30 verifier errors" in done.stderr
    assert main([*COMMAND[2:], "--candidates", "C.jsonl", "--out", "V.jsonl"]) == 0
    from_file = [*map(without_seconds, Path("V.jsonl").read_text().splitlines())]
    assert [*map(without_seconds, done.stdout.splitlines())] == from_file
    again = run([*COMMAND, "--candidates", "C.jsonl", "--out", "-"], "")
    assert [*map(without_seconds, again.stdout.splitlines())] == from_file


def test_a_page_holds_every_candidate(capsys: pytest.CaptureFixture[str]) -> None:
    words = [*COMMAND[2:], "--candidates", "C.jsonl", "--out"]
    assert main([*words, "V.jsonl", "--report", "V.html"]) == 0
    assert "every candidate: V.html" in capsys.readouterr().out
    page = Path("V.html").read_text()
    packed = page.partition('id="index">')[2].partition("<")[0]
    index = json.loads(gzip.decompress(base64.b64decode(packed)))
    assert index["names"] == ["V.jsonl"]
    assert len(index["runs"]["V.jsonl"]["rows"]["index"]) == COUNT
    packed = page.partition('id="block-4">')[2].partition("<")[0]
    block = json.loads(gzip.decompress(base64.b64decode(packed)))
    assert len(block) == COUNT - 4 * 64 and block[0]["text"][0]["text"].startswith("⟨U+0001⟩<b>")
    assert main([*words, "-", "--report", "V.html"]) == 2
    assert "--report: is made of a file of verdicts" in capsys.readouterr().err
    assert main([*words, "W.jsonl", "--report", "V.pdf"]) == 2
    assert "--report: V.pdf: the ending decides" in capsys.readouterr().err


def test_a_verdict_comes_before_the_next_candidate_is_sent() -> None:
    lines = Path("C.jsonl").read_text().splitlines(keepends=True)[:3]
    with subprocess.Popen(
        [sys.executable, *STREAMS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        for index, line in enumerate(lines):
            process.stdin.write(line)
            process.stdin.flush()
            assert Verdict.from_line(process.stdout.readline()).problem_id == f"p|{index}"


def test_a_wrong_line_ends_the_stream_after_those_before_it() -> None:
    first = "".join(Path("C.jsonl").read_text().splitlines(keepends=True)[:5])
    for wrong, said in (
        ('{"problem_id": "p|0"}', "stdin:6: index: missing"),
        ('{"problem_id": "q", "index": 0, "text": ""}', "stdin:6: no problem 'q'"),
        (first.splitlines()[0], "stdin:6: candidate 'p|0' 0 is a duplicate"),
        ("{", "stdin:6: not valid JSON"),
    ):
        done = run(STREAMS, f"{first}{wrong}\n")
        assert (done.returncode, len(done.stdout.splitlines())) == (2, 5)
        assert said in done.stderr and done.stderr.count("\n") == 1
    assert "stdin: empty" in run(STREAMS, "").stderr


def test_the_first_line_may_begin_with_a_mark() -> None:
    done = run(STREAMS, "\ufeff" + Path("C.jsonl").read_text().splitlines()[0] + "\n")
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 1)


def test_a_stream_that_is_kept_aside_is_called_stdin() -> None:
    words = [*COMMAND, "--candidates", "-", "--out", "V.jsonl"]
    line = Path("C.jsonl").read_text().splitlines()[0]
    for given, said in (
        ("", "stdin: empty"),
        ("{", "stdin:1: not valid JSON"),
        (line * 2, "stdin"),
    ):
        done = run(words, given)
        assert done.returncode == 2 and done.stderr.startswith(f"veritune: {said}")


def test_rows_of_an_own_loop_need_no_index() -> None:
    rows = [{"id": "p|1", "response": r"\boxed{1}"}, {"id": "p|1", "response": r"\boxed{2}"}]
    done = run(STREAMS, "".join(json.dumps(row) + "\n" for row in rows))
    verdicts = [Verdict.from_line(line) for line in done.stdout.splitlines()]
    assert [(one.index, one.outcome) for one in verdicts] == [(0, "passed"), (1, "failed")]


def test_a_reader_that_has_enough_ends_the_command_quietly() -> None:
    rows = Path("C.jsonl").read_text()
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen([sys.executable, *STREAMS], text=True, **pipes) as process:
        assert process.stdin is not None and process.stdout is not None and process.stderr
        process.stdin.write(rows.splitlines(keepends=True)[0])
        process.stdin.flush()
        assert process.stdout.readline()
        process.stdout.close()
        process.stdin.write("".join(rows.splitlines(keepends=True)[1:]))
        process.stdin.flush()
        # Its standard input stays open: it must not wait for that.
        assert process.wait(timeout=60) == 1
        assert process.stderr.read() == ""


def test_a_stream_into_a_file_is_verified_once() -> None:
    words = [*COMMAND, "--candidates", "-", "--out", "V.jsonl"]
    given = Path("C.jsonl").read_text()
    assert run(words, given).returncode == 0
    assert "already holds the verdicts" in run(words, given).stdout


def test_what_a_ci_job_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    words = [*COMMAND[2:], "--candidates", "C.jsonl", "--out", "V.jsonl"]
    words += ["--junit", "V.xml", "--markdown", "V.md"]
    assert main(words) == 0
    suite = ElementTree.parse("V.xml").getroot()[0]
    assert {key: suite.attrib[key] for key in ("tests", "failures", "errors")} == {
        "tests": "300",
        "failures": "234",
        "errors": "30",
    }
    assert len(suite.findall("testcase")) == 300
    assert len(suite.findall("testcase/failure")) == 234
    assert len(suite.findall("testcase/error")) == 30
    page = Path("V.md").read_text()
    assert "| 300 | 36 | 234 | 30 | 13.3% |" in page and "p|" not in page
    # There is nothing left to verify, and the gate holds for what is there.
    assert main([*words, "--fail-under", "0.1"]) == 0
    assert main([*words, "--fail-under", "0.13"]) == 1
    heard = capsys.readouterr().err
    assert "pass rate 0.1333 of 270, but 30 verifier errors could bring it under 0.13" in heard
    assert main([*words, "--fail-under", "0.5"]) == 1
    assert "pass rate 0.1333 of 270 is under 0.5" in capsys.readouterr().err


def test_summaries_that_cannot_be_written_are_refused_first(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = [*COMMAND[2:], "--candidates", "C.jsonl", "--out", "V.jsonl"]
    assert main([*words, "--junit", "V.txt"]) == 2
    assert "--junit: V.txt: the ending decides the format; give .xml" in capsys.readouterr().err
    assert main([*words, "--fail-under", "80"]) == 2
    assert "--fail-under" in capsys.readouterr().err
    assert not Path("V.jsonl").exists()
