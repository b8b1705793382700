"""pytest suites: run in the candidate's process, so at lower trust."""

from __future__ import annotations

from veritune.records import Candidate, CodeProblem, PytestTests, TestVerdict, Verdict
from veritune.sandbox import Sandbox, Shared
from veritune.verifiers.code import extract
from veritune.verifiers.code.conclusion import conclude, how_it_ended, measures, verdict


async def verify(
    sandbox: Sandbox, problem: CodeProblem, tests: PytestTests, candidate: Candidate
) -> Verdict:
    """Run the suite beside the candidate, which stands in `solution.py`."""
    prompt_code = problem.reference.prompt_code
    text = "\n\n".join(text for _, text in extract.sources(candidate.text, prompt_code, None))
    job = Shared(
        sources=(("solution.py", text),), tests={"type": "pytest", "tests": tests.to_json()}
    )
    result = await sandbox.run(job)
    if result.report is None:
        outcome, reason = how_it_ended(result)
        found: tuple[TestVerdict, ...] = (
            TestVerdict(name="suite", outcome=outcome, reason=f"no report: {reason}"),
        )
    else:
        found = tuple(
            TestVerdict(name=name, outcome=outcome, reason=reason)
            for name, outcome, reason in result.report["tests"]
        )
    concluded, why = conclude(found)
    return verdict(
        problem, candidate, concluded, why, tests=found, trust="lower", **measures([result])
    )
