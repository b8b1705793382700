import os
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
import warm
from report_runs import evaluation, make_run

from veritune.cli.report import default_out
from veritune.errors import InputError, UnwritableError
from veritune.records import (
    Candidate,
    CheckTests,
    CodeProblem,
    CodeReference,
    Problem,
    StepVerdict,
    TestVerdict,
    Verdict,
)
from veritune.viewer import write_report
from veritune.viewer.bundle import policy_hash, scripts

HOSTILE = (
    "</pre></article><script>alert(1)</script><img src=http://a.example/x onerror=alert(2)>"
    "\"' onmouseover=alert(3) x='{{ 7*191 }}{% raw %}\x00\x1b[31m\u202egnp.exe\u2066"
)
SAMPLE_ROW = {
    "phase": "sample",
    "round": 1,
    "candidates": 8000,
    "passed": 3000,
    "failed": 4986,
    "errors": 14,
    "selected": 1200,
}


class Page(HTMLParser):
    """What a browser would see: elements with attributes, and text."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.scripts: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.cdata_elem == "script":
            self.scripts.append(data)
        else:
            self.text += data


def hostile() -> tuple[Problem, Candidate, Verdict]:
    text = HOSTILE
    problem = CodeProblem(
        id=text,
        prompt=[{"role": "user", "content": text}],
        reference=CodeReference(tests=CheckTests(entry_point="f", code="")),
    )
    verdict = Verdict(
        problem_id=text,
        index=0,
        outcome="failed",
        score=0.0,
        reason=text,
        steps=(StepVerdict(start=0, end=20, label="incorrect", reason=text),),
        tests=(
            TestVerdict(name="call 1", outcome="accepted", reason="ok"),
            TestVerdict(name=text, outcome="wrong answer", reason=text),
        ),
    )
    candidate = Candidate(problem_id=text, index=0, text=text)
    return problem, candidate, verdict


def test_hostile_text_is_shown_and_never_obeyed(tmp_path: Path) -> None:
    run = make_run(tmp_path, "a", [evaluation(0, 0.5)], [hostile()])
    page = Page(write_report([run], tmp_path / "out.html"))
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"img", "iframe", "object", "embed", "link", "a", "form", "base"}
    for _, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on")]
    # Ours alone run, and data are no text of a candidate.
    assert [script for script in page.scripts if "alert(1)" in script] == []
    for tag, attributes in page.elements:
        assert tag != "script" or attributes.get("type", "text/plain") == "text/plain"
    assert "<script>alert(1)</script>" in page.text
    assert "{{ 7*191 }}" in page.text and "1337" not in page.text
    raw = (tmp_path / "out.html").read_text(encoding="utf-8")
    assert not set(raw) & set("\x00\x1b\u202e\u2066")
    assert "⟨U+202E⟩" in page.text and "⟨U+0000⟩" in page.text


def test_a_sample_is_named_by_how_its_prompt_begins(tmp_path: Path) -> None:
    problem, candidate, verdict = hostile()
    candidate, verdict = (replace(record, problem_id="p7") for record in (candidate, verdict))
    for prompt, shown in (("import re\n# Add  two.", "# Add two."), ([], "p7")):
        named = replace(problem, id="p7", prompt=prompt)
        run = make_run(tmp_path / shown, "a", [evaluation(0, 0.5)], [(named, candidate, verdict)])
        text = " ".join(Page(write_report([run], tmp_path / "out.html")).text.split())
        assert f"failed {shown} p7, candidate 0 of a, round 0" in text


def test_the_page_asks_nothing_of_the_network(tmp_path: Path) -> None:
    run = make_run(
        tmp_path, "a", [evaluation(0, 0.25), evaluation(1, 0.5), SAMPLE_ROW], [hostile()]
    )
    page = Page(write_report([run], tmp_path / "out.html"))
    policies = [
        attributes["content"]
        for tag, attributes in page.elements
        if attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    hashes = " ".join(map(policy_hash, scripts()))
    assert policies == [f"default-src 'none'; style-src 'unsafe-inline'; script-src {hashes}"]
    for _, attributes in page.elements:
        assert not {"src", "href", "srcset", "action", "data"} & set(attributes)
        assert (attributes.get("xlink:href") or "#").startswith("#")
    raw = (tmp_path / "out.html").read_text(encoding="utf-8")
    style = raw[raw.index("<style>") : raw.index("</style>")]
    assert "@import" not in style and "url(" not in style


def test_figures_stand_on_the_page_with_interval_and_n(tmp_path: Path) -> None:
    first = evaluation(0, 0.283, trace_errors=52, trace_error=0.13)
    last = evaluation(1, 0.995, errors=7, unchecked=33, trace_error=None)
    run = make_run(
        tmp_path, "a", [first, last, SAMPLE_ROW], [hostile()], selection={"reward": "process"}
    )
    text = " ".join(Page(write_report([run], tmp_path / "out.html")).text.split())
    assert "28.3% 22.5% to 34.9%" in text and "99.5% 97.2% to 99.9%" in text
    assert "28.3% → 99.5%, +71.2 points (95%: +64.2 to +77.0)" in text
    assert "after 1 round, on 200 held-out problems" in text
    assert "13.0% 9.0% to 18.4%" in text and "52 / 400" in text
    assert "800 7 33 8000 14 – – 1200" in text  # noqa: RUF001
    assert 'reward = "process"' in text
    assert "1 of 2 tests passed" in text


def test_the_staleness_of_rounds_that_overlap_is_on_the_page(tmp_path: Path) -> None:
    rows = [evaluation(0, 0.3), evaluation(1, 0.6)]
    plain = make_run(tmp_path, "plain", [*rows, SAMPLE_ROW])
    stale = make_run(tmp_path, "stale", [*rows, SAMPLE_ROW | {"staleness": 2}])
    text = " ".join(Page(write_report([plain, stale], tmp_path / "out.html")).text.split())
    assert "Staleness: so many rounds" in text
    assert "8000 14 – – 1200 –" in text and "8000 14 – – 1200 2" in text  # noqa: RUF001
    assert "Staleness" not in Page(write_report([plain], tmp_path / "plain.html")).text


def test_several_runs_are_compared_on_one_page(tmp_path: Path) -> None:
    rows = [evaluation(0, 0.3), evaluation(1, 0.6)]
    math = [make_run(tmp_path, name, rows) for name in ("outcome", "process")]
    code = make_run(tmp_path, "code", rows, problems={"source": "functions"})
    out = write_report([*math, code], tmp_path / "out.html")
    raw = out.read_text(encoding="utf-8")
    read = raw.partition("<noscript>")[2].partition("</noscript>")[0]
    charts = [part.split("</svg>")[0] for part in read.split("<figure>")[1:]]
    assert len(charts) == 2 * 3
    for chart in charts:
        ElementTree.fromstring(chart + "</svg>")
    assert "currentColor" in charts[0] and "Problems: functions" in raw


@pytest.mark.parametrize(
    "rows",
    [[], [evaluation(0, None, trace_error=None, trace_checked=0, problems=0, errors=800)]],
    ids=["no evaluation yet", "verifier error everywhere"],
)
def test_a_run_with_nothing_measured_is_reported_as_such(
    tmp_path: Path, rows: list[dict[str, object]]
) -> None:
    text = Page(write_report([make_run(tmp_path, "a", rows)], tmp_path / "out.html")).text
    assert ("Not measured yet" in text) != bool(rows)
    assert ("No held-out candidate has a verdict" in text) == bool(rows)


def test_the_same_run_gives_the_same_page(tmp_path: Path) -> None:
    run = make_run(tmp_path, "a", [evaluation(0, 0.3), evaluation(1, 0.6)], [hostile()])
    pages = [write_report([run], tmp_path / name).read_bytes() for name in ("1.html", "2.html")]
    assert pages[0] == pages[1]


def test_a_folder_that_is_not_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a run"):
        write_report([tmp_path], tmp_path / "out.html")
    with pytest.raises(InputError, match="at least one"):
        write_report([], tmp_path / "out.html")


def test_an_unwritable_place_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnwritableError, match="cannot be written"):
        write_report([make_run(tmp_path, "a", [])], tmp_path / "none" / "out.html")


def command(*words: str | os.PathLike[str]) -> subprocess.CompletedProcess[str]:
    return warm.run("-m", "veritune", "report", *words).ended()


def test_the_command_writes_into_the_run_and_says_where(tmp_path: Path) -> None:
    runs = [make_run(tmp_path, name, [evaluation(0, 0.3)]) for name in ("a", "b")]
    done = command(runs[0])
    assert (done.returncode, done.stdout.strip()) == (0, str(runs[0] / "report.html"))
    assert (runs[0] / "report.html").is_file()
    done = command(*runs, "--out", runs[0] / "mine.html")
    assert done.returncode == 0 and (runs[0] / "mine.html").is_file()
    assert default_out(runs) == tmp_path / "report.html"


def test_the_command_refuses_in_one_line(tmp_path: Path) -> None:
    for words in ([tmp_path], [], ["--unknown"]):
        done = command(*words)
        assert done.returncode == 2
        assert len(done.stderr.strip().splitlines()) == 1
