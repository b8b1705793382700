"""The file that a person labels: one candidate a line, with all that is needed to judge it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

from veritune.errors import RecordError
from veritune.files import iter_rows
from veritune.problems import text_of
from veritune.records import MathProblem, VerifiedCandidate

Label = Literal["right", "wrong", ""]
ScoredOutcome = Literal["passed", "failed"]
LABELS: tuple[Label, ...] = ("right", "wrong", "")
SCORED: tuple[ScoredOutcome, ...] = ("passed", "failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """What the estimate needs of a labelled row.

    `size` is how many candidates its stratum has, `population` how many had this outcome.
    """

    label: Label
    outcome: ScoredOutcome
    stratum: str
    size: int
    population: dict[ScoredOutcome, int]


def to_row(
    row: VerifiedCandidate, stratum: str, size: int, population: dict[ScoredOutcome, int]
) -> dict[str, object]:
    """A line to label; the label comes first, where it is typed."""
    problem, candidate, verdict = row
    reference = (
        problem.reference.answer
        if isinstance(problem, MathProblem)
        else problem.reference.to_json()
    )
    return {
        "label": "",
        "problem_id": problem.id,
        "index": candidate.index,
        "problem": text_of(problem.prompt),
        "reference": reference,
        "text": candidate.text,
        "outcome": verdict.outcome,
        "reason": verdict.reason,
        "answer": verdict.answer,
        "flags": [f"{flag.name} ({flag.degree})" for flag in verdict.flags],
        "stratum": stratum,
        "stratum_size": size,
        "population": population,
    }


def read_labels(path: str) -> list[AuditRow]:
    """The rows of a file that `draw_audit` wrote; `RecordError` names a line that is not right."""
    rows: list[AuditRow] = []
    seen: set[tuple[object, object]] = set()
    sizes: dict[tuple[ScoredOutcome, str], int] = {}
    for number, row in iter_rows(path):
        where = f"{path}:{number}"
        rows.append(one := _read(where, row))
        size = sizes.setdefault((one.outcome, one.stratum), one.size)
        if one.population != rows[0].population or one.size != size:
            raise RecordError(
                f"{where}: of another sample than the rows before it; keep one sample a file, and"
                " change only labels"
            )
        key = str(row.get("problem_id")), row.get("index")
        if key in seen:
            raise RecordError(f"{where}: candidate {key[0]!r} {key[1]} is labelled twice")
        seen.add(key)
    if not rows:
        raise RecordError(f"{path}: empty; expected the file that `veritune audit` wrote")
    for outcome, count in rows[0].population.items():
        if sum(size for (other, _), size in sizes.items() if other == outcome) > count:
            raise RecordError(
                f"{path}: strata of more than the {count} that {outcome}; change only labels"
            )
    return rows


def _read(where: str, row: dict[str, object]) -> AuditRow:
    label = str(row.get("label") or "").strip().lower()
    if label not in LABELS:
        raise RecordError(f"{where}: label: expected right, wrong or nothing (got {label[:40]!r})")
    population, size, outcome = row.get("population"), row.get("stratum_size"), row.get("outcome")
    whole = (
        isinstance(population, dict)
        and all(isinstance(population.get(one), int) for one in SCORED)
        and isinstance(size, int)
        and outcome in SCORED
    )
    if not whole:
        raise RecordError(f"{where}: not a row that `veritune audit` wrote; change only its label")
    return AuditRow(
        label=label,
        outcome=cast(ScoredOutcome, outcome),
        stratum=str(row.get("stratum")),
        size=cast(int, size),
        population=cast("dict[ScoredOutcome, int]", population),
    )
