"""pytest suites: run in the candidate's process, so at lower trust."""

from __future__ import annotations

from veritune.records import Candidate, Problem, TestVerdict, Verdict
from veritune.sandbox import Sandbox, Shared
from veritune.verifiers.code.conclusion import conclude, how_it_ended, measures, verdict
from veritune.verifiers.code.extract import Extracted, asked_by, sources


async def verify(
    sandbox: Sandbox, problem: Problem, candidate: Candidate, program: Extracted
) -> Verdict:
    """Run the suite beside the candidate, which stands in `solution.py`."""
    reference = problem.reference
    text = "\n\n".join(
        text
        for _, text in sources(program, reference.get("prompt_code", ""), asked_by(reference).names)
    )
    job = Shared(
        sources=(("solution.py", text),), tests={"type": "pytest", "tests": reference["tests"]}
    )
    result = await sandbox.run(job)
    if result.report is None:
        outcome, reason = how_it_ended(result)
        tests: tuple[TestVerdict, ...] = (
            TestVerdict(name="suite", outcome=outcome, reason=f"no report: {reason}"),
        )
    else:
        tests = tuple(
            TestVerdict(name=name, outcome=outcome, reason=reason)
            for name, outcome, reason in result.report["tests"]
        )
    concluded, why = conclude(tests)
    return verdict(
        problem, candidate, concluded, why, tests=tests, trust="lower", **measures([result])
    )
