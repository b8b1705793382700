"""What the first page shows: figures that were measured, and counts over sets."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict

from veritune.errors import JournalError
from veritune.records import MetricsRow
from veritune.report import Evaluation, Rate, evaluation_of, gain, visible, wilson
from veritune.store import BIN, DEGREES, KINDS, STEPS, Browser, SetTally
from veritune.version import __version__
from veritune.viewer.run import ViewedRun
from veritune.viewer.times import times_json

Json = dict[str, object]
# Points of a curve that are sent: more than a screen can show.
POINTS = 400
# Most bars of a histogram.
BARS = 30
# Fields of training that are no curves.
NO_CURVE = {"round", "phase", "step", "steps", "of"}
# Verifier errors of a set that are read for their reasons.
ERRORS_READ = 200
# What a run selects by that another one is measured against.
CONTROLS = ("demonstrations", "random")


def run_json(run: ViewedRun) -> Json:
    """What is known without counting: name, recipe, sets, evaluations, curves."""
    text = recipe_text(run)
    recipe = tomllib.loads(text)
    rows = run.ask(lambda browser: browser.metrics())
    evaluations = measured(rows)
    return {
        "name": visible(str(recipe.get("name", run.folder.name))),
        "source": visible(str(recipe.get("problems", {}).get("source", ""))),
        "reward": visible(str(recipe.get("selection", {}).get("reward", ""))),
        "trainer": visible(str(recipe.get("trainer", {}).get("type", "sft"))) if text else "",
        "recipe": visible(text),
        "version": __version__,
        "live": run.live,
        "rounds": recipe.get("rounds", {}).get("count"),
        "sets": list(run.ask(lambda browser: browser.sets())),
        "evaluations": [asdict(one) for one in evaluations],
        "gain": gain_json(evaluations),
        # The newest of every round, as of evaluations.
        "samples": list({row["round"]: row for row in rows if row["phase"] == "sample"}.values()),
        "curves": curves([row for row in rows if row["phase"] == "train"]),
        "times": run.ask(times_json),
        "kinds": KINDS,
        "steps": STEPS,
        "degrees": [degree for degree in DEGREES if degree],
    }


def evaluations_json(runs: Mapping[str, ViewedRun], like: ViewedRun) -> list[Json]:
    """The evaluations of the runs over the same source of problems as one of them."""
    source = source_of(like)
    found: list[Json] = []
    for name, run in runs.items():
        # One that was damaged meanwhile says so on its own pages, and is no reason to show none.
        with suppress(JournalError):
            if source_of(run) == source:
                found.append({"name": name} | arm_json(run))
    return found


def arm_json(run: ViewedRun) -> Json:
    """A run's evaluations, what it gained, and what its candidates were selected by."""
    evaluations = measured(run.ask(lambda browser: browser.metrics("evaluate")))
    recipe = tomllib.loads(recipe_text(run))
    reward = str(recipe.get("selection", {}).get("reward", ""))
    return {
        "reward": visible(reward),
        "control": reward in CONTROLS,
        "evaluations": [asdict(one) for one in evaluations],
        "gain": gain_json(evaluations),
    }


def gain_json(evaluations: list[Evaluation]) -> Json | None:
    """What the last round has over the first that was measured; None where one has no rate."""
    if len(evaluations) < 2:
        return None
    before, after = evaluations[0].pass_at_1, evaluations[-1].pass_at_1
    return None if before is None or after is None else asdict(gain(before, after))


def recipe_text(run: ViewedRun) -> str:
    """The newest recipe of a run, as TOML; empty where it has none, as a file of verdicts."""
    texts = run.ask(lambda browser: browser.facts("config"))
    return texts[-1] if texts else ""


def source_of(run: ViewedRun) -> object:
    """The problems of a run's recipe."""
    return tomllib.loads(recipe_text(run)).get("problems", {}).get("source")


def measured(rows: list[MetricsRow]) -> list[Evaluation]:
    """The newest evaluation of every round, with intervals."""
    newest = {row["round"]: row for row in rows if row["phase"] == "evaluate"}
    return [evaluation_of(row) for row in newest.values()]


def curves(rows: list[MetricsRow]) -> Json:
    """Every figure of training by the steps of all rounds, and where rounds begin.

    Of more than `POINTS` steps evenly spaced ones are taken: a mean would hide what jumps.
    """
    starts = [at for at, row in enumerate(rows) if not at or rows[at - 1]["round"] != row["round"]]
    stride = -(-len(rows) // POINTS) or 1
    kept = sorted({*range(0, len(rows), stride), *([len(rows) - 1] if rows else [])})
    names = {name: None for row in rows for name in row if name not in NO_CURVE}
    series: dict[str, list[tuple[int, float]]] = {}
    for name in names:
        points = [
            (at, float(value))
            for at in kept
            if isinstance(value := rows[at].get(name), int | float) and value == value
        ]
        if len(points) > 1:
            series[visible(name)] = points
    return {"steps": len(rows), "starts": starts, "stride": stride, "series": series}


def counts_json(run: ViewedRun) -> Json:
    """The counts of every set that is counted by now."""
    return {
        "complete": run.counted,
        "live": run.live,
        "sets": {name: set_json(tally) for name, tally in run.tallies.items()},
    }


def set_json(tally: SetTally) -> Json:
    """The counts of one set."""
    kinds: Counter[str] = Counter()
    flags: Counter[str] = Counter()
    steps: Counter[str] = Counter()
    truncated = passed = wrong = 0
    for (kind, degree, step, ended), count in tally.cases.items():
        kinds[KINDS[kind]] += count
        steps[STEPS[step]] += count
        flags[DEGREES[degree] or "none"] += count
        truncated += count if ended else 0
        passed += count if kind == 0 else 0
        wrong += count if kind == 0 and STEPS[step] == "incorrect step" else 0
    decided = tally.total - kinds["verifier error"]
    return {
        "sampled": tally.sampled,
        "verified": tally.total,
        "passed": passed,
        "selected": tally.selected,
        "errors": kinds["verifier error"],
        "truncated": truncated,
        "rate": rate_json(passed, decided, tally),
        "kinds": dict(kinds.most_common()),
        "flags": {name: count for name, count in flags.items() if name != "none"},
        "steps": dict(steps),
        "wrong_steps": wrong,
        "lengths": length_bars(tally),
        "pass_rates": pass_rates(tally),
    }


def rate_json(passed: int, decided: int, tally: SetTally) -> Json | None:
    """The share that passed; its interval counts a problem once, as the report's does."""
    problems = sum(1 for known in tally.problems.decided if known)
    rate: Rate | None = wilson(passed / decided, problems) if decided else None
    return None if rate is None else asdict(rate)


def length_bars(tally: SetTally) -> Json:
    """A histogram of lengths: characters of a bar, and (all, passed) of every bar."""
    last = max((place for place, _ in tally.lengths), default=0)
    wide = -(-(last + 1) // BARS)
    bars = [[0, 0] for _ in range(last // wide + 1)]
    for (place, passed), count in tally.lengths.items():
        bars[place // wide][0] += count
        bars[place // wide][1] += count if passed else 0
    return {"wide": wide * BIN, "bars": bars}


def pass_rates(tally: SetTally) -> list[int]:
    """How many problems are solved never, in (0, 10%), ..., [90%, 100%), and always."""
    bars = [0] * 12
    for known, right in zip(tally.problems.decided, tally.problems.passed, strict=True):
        if known:
            place = 0 if not right else 11 if right == known else 1 + 10 * right // known
            bars[place] += 1
    return bars


def errors_json(browser: Browser, name: str) -> Json:
    """The commonest reasons of a set's first verifier errors."""
    reasons = browser.error_reasons(name, ERRORS_READ)
    common = Counter(" ".join(reason.split())[:200] for reason in reasons).most_common(5)
    return {
        "read": len(reasons),
        "reasons": [[visible(reason), count] for reason, count in common],
    }
