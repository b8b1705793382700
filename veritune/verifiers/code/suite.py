"""pytest suites: pytest and the test files run in the grader's process, apart from the candidate.

Where a suite needs to change the candidate's process from inside, it runs there, at lower trust.
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast, get_args

from veritune.records import (
    Candidate,
    CodeProblem,
    Outcome,
    PytestTests,
    TestOutcome,
    TestVerdict,
    Verdict,
)
from veritune.sandbox import ExecResult, Graded, Sandbox, Shared, SuiteReport, Tests
from veritune.verifiers.code import modules, reach
from veritune.verifiers.code.conclusion import (
    IN_ONE_PROCESS,
    conclude,
    how_it_ended,
    measures,
    verdict,
)
from veritune.verifiers.code.extract import Extracted, aliases, asked_by, sources
from veritune.verifiers.code.missing import libraries
from veritune.verifiers.code.split import NUMPY

# Runs of one suite: each test that ends the candidate takes a new one for those after it.
MOST_RUNS = 6
SKIPPED = "skipped: "
OUTCOMES = frozenset(get_args(TestOutcome))


async def verify(
    sandbox: Sandbox,
    problem: CodeProblem,
    tests: PytestTests,
    candidate: Candidate,
    program: Extracted,
    *,
    in_process: bool = False,
) -> Verdict:
    """Run the suite on the candidate, which stands in the module that the tests import."""
    job = _job(problem, tests, program)
    names = frozenset(job.tests["modules"])
    text = "\n".join(tests.files.values())
    reached = reach.reaches_in(text, names)
    if not in_process and not reached:
        found = await _apart(sandbox, job)
        outcome, why = conclude(found.tests)
        if not any(test.outcome == "unsupported" for test in found.tests):
            doubts = [*found.doubts, *reach.evaluates(text)]
            return _concluded(problem, candidate, found, outcome, why, doubts)
        reached = next(t.reason for t in found.tests if t.outcome == "unsupported")
    result = await sandbox.run(_shared(tests, program, job))
    claimed = _claimed(result)
    outcome, why = conclude(claimed)
    why = f"{why}; lower trust: {IN_ONE_PROCESS} ({reached or 'in_process'})"
    rest = measures([result])
    return verdict(problem, candidate, outcome, why, tests=claimed, trust="lower", **rest)


def _concluded(
    problem: CodeProblem,
    candidate: Candidate,
    found: _Found,
    outcome: Outcome,
    why: str,
    doubts: list[str],
) -> Verdict:
    if doubts and outcome == "passed":
        why = f"{why}; lower trust: {doubts[0]}"
    return verdict(
        problem,
        candidate,
        outcome,
        why,
        tests=found.tests,
        trust="lower" if doubts else "full",
        **measures(found.results),
    )


def _job(problem: CodeProblem, tests: PytestTests, program: Extracted) -> Graded:
    reference, files = problem.reference, tests.files
    text = "\n".join(files.values())
    beside = (*tests.given.items(), *program.files)
    wanted = (tests.module,) if tests.module else modules.wanted(files, program)
    theirs = [name.removesuffix(".py").replace("/", ".") for name, _ in beside]
    theirs += [theirs[at].partition(".")[0] for at in range(len(theirs))]
    names = dict.fromkeys(["solution", *aliases(program), *wanted, *theirs])
    given = modules.given(files)
    return Graded(
        sources=sources(program, reference.prompt_code, asked_by(reference).names),
        tests={
            "type": "pytest",
            "tests": {"files": files},
            "kept": [name for name in files if name not in given],
            "modules": [name.removesuffix(".__init__") for name in names],
            "solution": reference.solution or "",
            "prompt_code": reference.prompt_code,
            "stops": "StopIteration" in text,
            "libraries": sorted(libraries(text, reference.solution or "")),
        },
        numpy=NUMPY.search(text + program.code) is not None,
        mirror=reach.looks(text),
        tree=reach.files(text) or any(not n.endswith(".py") for n in files if n not in given),
        files=(*given.items(), *beside),
        aliases=(*aliases(program), *wanted),
    )


class _Found:
    """What the runs of one suite gave."""

    def __init__(self) -> None:
        self.results: list[ExecResult] = []
        self.doubts: list[str] = []
        self.tests: tuple[TestVerdict, ...] = ()


async def _apart(sandbox: Sandbox, job: Graded) -> _Found:
    """Run the suite, and again the tests after one that ended the candidate."""
    found = _Found()
    ended: dict[str, TestVerdict] = {}
    only: list[str] = []
    names: list[str] = []
    for _ in range(MOST_RUNS):
        run = job if not only else replace(job, tests={**job.tests, "only": only})
        result = await sandbox.run(run)
        found.results.append(result)
        report = result.report
        if report is None:
            outcome, reason = how_it_ended(result)
            ended["suite"] = TestVerdict(
                name="suite", outcome=outcome, reason=f"no report: {reason}"
            )
            break
        found.doubts += report.get("doubts", [])
        names = names or report.get("names", [])
        for name, said, reason in report["tests"]:
            test, (seconds, output) = _test(result, name, said, reason), report["took"][name]
            ended.setdefault(name, replace(test, seconds=seconds, output=output or None))
        for test in _other(report, result):
            ended.setdefault(test.name, test)
        left = [name for name in names if name not in ended]
        if not left or not (report.get("lost") or report.get("broke")) or left == only:
            break
        only = left
    for name in names:
        if name not in ended:
            reason = "not run: the candidate ended in tests before it"
            ended[name] = TestVerdict(name=name, outcome="runtime error", reason=reason)
    found.tests = tuple(ended.values())
    if found.tests and all(test.reason.startswith(SKIPPED) for test in found.tests):
        why = "every test was skipped"
        found.tests = (TestVerdict(name="suite", outcome="infrastructure", reason=why),)
    return found


def _test(result: ExecResult, name: str, outcome: str, reason: str) -> TestVerdict:
    kind = cast("TestOutcome", outcome)
    if outcome == "lost":
        kind, why = how_it_ended(result)
        reason = f"{why} (in {reason})" if reason else why
    elif outcome == "skipped":
        kind, reason = "accepted", f"{SKIPPED}{reason}"
    return TestVerdict(name=name, outcome=kind, reason=reason)


def _other(report: SuiteReport, result: ExecResult) -> list[TestVerdict]:
    """What is to be said beside the tests: a program that does not load, a broken suite."""
    if load := report.get("load"):
        outcome: TestOutcome = "memory" if load.startswith("MemoryError") else "runtime error"
        why = f"the program did not load: {load}"
        return [TestVerdict(name="load", outcome=outcome, reason=why)]
    if report.get("lost") and not report["names"]:
        kind, reason = how_it_ended(result)
        return [TestVerdict(name="load", outcome=kind, reason=reason)]
    if collection := report.get("collection"):
        name, text, by_candidate = collection
        kind = "runtime error" if by_candidate else "infrastructure"
        return [TestVerdict(name=f"collection of {name}", outcome=kind, reason=text)]
    if broke := report.get("broke"):
        name, why = broke
        kind = cast("TestOutcome", why) if why in OUTCOMES else "infrastructure"
        return [TestVerdict(name=name or "suite", outcome=kind, reason=f"ended the tests: {why}")]
    return []


def _shared(tests: PytestTests, program: Extracted, job: Graded) -> Shared:
    """The suite in the candidate's own process."""
    text = "\n\n".join(text for _, text in job.sources)
    files = [(f"{name.replace('.', '/')}.py", text) for name in ("solution", *job.aliases)]
    others = (*tests.given.items(), *program.files)
    suite = cast("Tests", {"files": tests.files})
    return Shared(sources=(*files, *others), tests={"type": "pytest", "tests": suite})


def _claimed(result: ExecResult) -> tuple[TestVerdict, ...]:
    if result.report is None:
        outcome, reason = how_it_ended(result)
        return (TestVerdict(name="suite", outcome=outcome, reason=f"no report: {reason}"),)
    return tuple(
        TestVerdict(name=name, outcome=cast("TestOutcome", said), reason=reason)
        for name, said, reason in result.report["tests"]
    )
