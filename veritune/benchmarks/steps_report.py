"""What `veritune bench steps` prints and writes: rates, the field's table, disagreements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from veritune.benchmarks.step_thresholds import Calibration, calibration
from veritune.benchmarks.steps import CheckedSolution, StepScores, scores

# (checker, file).
Cell = tuple[str, str]


@dataclass(frozen=True, slots=True)
class FileResult:
    """One checker on one file. `threshold` is None where labels are the checker's own."""

    checker: str
    file: str
    checked: Sequence[CheckedSolution]
    threshold: float | None
    seconds: float

    @property
    def scores(self) -> StepScores:
        """ProcessBench's rates and ours."""
        return scores(self.checked)

    @property
    def calibration(self) -> Calibration:
        """Of its scores."""
        return calibration(self.checked)

    def to_json(self) -> dict[str, object]:
        """Everything that is known of it, each solution with its steps."""
        return {
            "checker": self.checker,
            "file": self.file,
            "threshold": self.threshold,
            "seconds": round(self.seconds, 3),
            **asdict(self.scores),
            "calibration": asdict(self.calibration),
            "solutions": [
                {
                    "id": item.solution.id,
                    "first_error": item.solution.first_error,
                    "found": item.found,
                    "steps": [
                        {"label": verdict.label, "score": verdict.score, "reason": verdict.reason}
                        for verdict in item.verdicts
                    ],
                }
                for item in self.checked
            ],
        }


def rates(found: StepScores) -> Iterable[str]:
    """Lines for a person: one checker on one file."""
    yield f"{found.wrong} wrong and {found.right} right solutions"
    for name, value in (
        ("first error found, of wrong solutions", found.accuracy_wrong),
        ("nothing found, of right solutions", found.accuracy_right),
        ("F1, their harmonic mean", found.f1),
        ("coverage: steps checked, of labelled steps", found.coverage),
        ("precision of 'incorrect'", found.precision),
        ("recall of 'incorrect'", found.recall),
        ("steps right, of those verified", found.verified_right),
    ):
        yield f"{name:<44}{shown(value):>8}"


def table(results: Sequence[FileResult]) -> Iterable[str]:
    """ProcessBench's table: error accuracy, correct accuracy, F1 a file, and the average F1."""
    files = list(dict.fromkeys(result.file for result in results))
    checkers = list(dict.fromkeys(result.checker for result in results))
    width = max(8, *(len(name) for name in checkers)) + 2
    yield " " * width + "".join(f"{name[-22:]:>24}" for name in files) + f"{'average':>10}"
    yield " " * width + f"{'error  correct     F1':>24}" * len(files) + f"{'F1':>10}"
    for checker in checkers:
        own = {result.file: result.scores for result in results if result.checker == checker}
        cells = "".join(_cell(own[name]) for name in files)
        yield f"{checker:<{width}}{cells}{shown(average_f1(own.values())):>10}"


def average_f1(found: Iterable[StepScores]) -> float | None:
    """The mean over files, as ProcessBench reports it; None where a file has none."""
    values = [one.f1 for one in found]
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known and len(known) == len(values) else None


def disagreements(results: Sequence[FileResult]) -> list[dict[str, object]]:
    """Every solution in which two checkers find different first errors."""
    by_file: dict[str, list[FileResult]] = {}
    for result in results:
        by_file.setdefault(result.file, []).append(result)
    return [
        {"file": file, "id": items[0].solution.id, "first_error": items[0].solution.first_error}
        | {"found": {r.checker: item.found for r, item in zip(own, items, strict=True)}}
        for file, own in by_file.items()
        for items in zip(*(result.checked for result in own), strict=True)
        if len({item.found for item in items}) > 1
    ]


def to_json(results: Sequence[FileResult], costs: Mapping[str, Sequence[str]]) -> dict[str, object]:
    """The whole measurement, as `--json` writes it."""
    checkers = dict.fromkeys(result.checker for result in results)
    return {
        "average_f1": {
            name: average_f1(r.scores for r in results if r.checker == name) for name in checkers
        },
        "costs": {name: list(lines) for name, lines in costs.items()},
        "disagreements": disagreements(results),
        "results": [result.to_json() for result in results],
    }


def shown(value: float | None) -> str:
    """A rate in percent; a dash where there is none."""
    return "-" if value is None else f"{100 * value:.1f}%"


def _cell(found: StepScores) -> str:
    values = (found.accuracy_wrong, found.accuracy_right, found.f1)
    return f"{'  '.join(f'{shown(value):>6}' for value in values):>24}"
