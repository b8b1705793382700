"""A set of a run's verified candidates as rows that other trainers read.

    records            {problem, candidate, verdict}: everything, in our shapes
    prompt-completion  {prompt, completion}: what passed and may be imitated (TRL's SFTTrainer)
    unpaired           {prompt, completion, label}: what is decided (TRL's KTOTrainer)
    preference         {prompt, chosen, rejected}: what passed beside what failed (TRL's DPOTrainer
                       and RewardTrainer, OpenRLHF's train_dpo and train_rm)
    openrlhf           {input, output, reward}: what is decided
    verl               {data_source, prompt, ability, reward_model, extra_info}: the problems

`veritune.use` says what may be imitated and what is decided. Rows are made one at a time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Literal

from veritune.errors import RecipeError
from veritune.files import write_joined_records, write_lines, write_parquet_rows
from veritune.records import (
    CallTests,
    MathProblem,
    Message,
    Problem,
    Record,
    StdioTests,
    VerifiedCandidate,
)
from veritune.store import Store
from veritune.use import use_of

Format = Literal["records", "prompt-completion", "unpaired", "preference", "openrlhf", "verl"]
Row = dict[str, object]


def export(
    run: str | Path, out: str | Path, *, name: str, format: Format, selected: bool = False
) -> int:
    """Write the set `name` of a run to a `.jsonl`, `.jsonl.zst` or `.parquet` file.

    With `selected` only candidates that the run trained on. Returns how many rows there are.
    Raises `RecipeError` where the run has no such set.
    """
    with Store.open(run, read_only=True) as store:
        names = store.names()
        if name not in names:
            there = ", ".join(names) or "none"
            raise RecipeError(f"--set: {run} has no set '{name}'; there are: {there}")
        if Path(out).suffix == ".parquet" and format == "records":
            # What is free to differ by row, such as metadata, has no one type there.
            found = store.verified(name, selected=selected)
            return write_joined_records(Path(out), map(_parts, found))
        rows = _rows(store, name, format, selected)
        if Path(out).suffix == ".parquet":
            return write_parquet_rows(Path(out), rows)
        return write_lines(out, (json.dumps(row, ensure_ascii=False) for row in rows))


def _rows(store: Store, name: str, format: Format, selected: bool) -> Iterator[Row]:
    found = store.verified(name, selected=selected)
    if format == "verl":
        return _verl(found, name)
    if format == "preference":
        return _preferences(found)
    return (row for one in found if (row := _row(one, format)) is not None)


def _row(verified: VerifiedCandidate, format: Format) -> Row | None:
    problem, candidate, verdict = verified
    if format == "records":
        return {key: record.to_json() for key, record in _parts(verified).items()}
    use = use_of(verdict, truncated=candidate.truncated)
    if format == "prompt-completion":
        return _completion(verified) if use.imitate and use.solved else None
    if use.outcome is None:
        return None
    if format == "unpaired":
        return _completion(verified) | {"label": use.solved}
    return {"input": _text(problem), "output": candidate.text, "reward": use.outcome}


def _parts(verified: VerifiedCandidate) -> dict[str, Record]:
    problem, candidate, verdict = verified
    return {"problem": problem, "candidate": candidate, "verdict": verdict}


def _completion(verified: VerifiedCandidate) -> Row:
    """A prompt with its completion, both messages or both text."""
    problem, candidate, _ = verified
    text = problem.prefill + candidate.text
    if isinstance(problem.prompt, str):
        return {"prompt": problem.prompt, "completion": text}
    return {
        "prompt": _messages(problem),
        "completion": [{"role": "assistant", "content": text}],
    }


def _messages(problem: Problem) -> list[Message]:
    if isinstance(problem.prompt, str):
        return [{"role": "user", "content": problem.prompt}]
    return list(problem.prompt)


def _text(problem: Problem) -> str:
    return "\n\n".join(message["content"] for message in _messages(problem))


def _preferences(verified: Iterator[VerifiedCandidate]) -> Iterator[Row]:
    """Pairs of one problem's candidates in their order, each candidate in one at most."""
    for _, group in groupby(verified, key=lambda row: row[0].id):
        good: dict[str, VerifiedCandidate] = {}
        bad: dict[str, VerifiedCandidate] = {}
        for row in group:
            use = use_of(row[2], truncated=row[1].truncated)
            if use.imitate and use.solved:
                good.setdefault(row[1].text, row)
            elif use.reject and row[2].outcome == "failed":
                bad.setdefault(row[1].text, row)
        for chosen, rejected in zip(good.values(), bad.values(), strict=False):
            better, worse = _completion(chosen), _completion(rejected)
            yield {
                "prompt": better["prompt"],
                "chosen": better["completion"],
                "rejected": worse["completion"],
            }


def _verl(verified: Iterator[VerifiedCandidate], name: str) -> Iterator[Row]:
    """One row a problem, with the share of its decided candidates that passed."""
    for position, (_, group) in enumerate(groupby(verified, key=lambda row: row[0].id)):
        rows = list(group)
        problem = rows[0][0]
        uses = [use_of(verdict, truncated=c.truncated) for _, c, verdict in rows]
        decided = [use.solved for use in uses if use.outcome is not None]
        rate = sum(decided) / len(decided) if decided else None
        yield {
            "data_source": name.partition("/")[0],
            "prompt": _messages(problem),
            "ability": problem.kind,
            "reward_model": {"style": "rule", "ground_truth": _ground_truth(problem)},
            "extra_info": {"id": problem.id, "index": position, "pass_rate": rate},
        }


def _ground_truth(problem: Problem) -> str:
    """A math answer, or tests as verl's prime_code reads them."""
    if isinstance(problem, MathProblem):
        return problem.reference.answer
    tests = problem.reference.tests
    if isinstance(tests, CallTests):
        # Tests by keyword have no place there, and must not be lost.
        if not any(case.kwargs for case in tests.cases):
            inputs = [case.args for case in tests.cases]
            outputs = [case.expected for case in tests.cases]
            named = {"fn_name": tests.entry_point, "inputs": inputs, "outputs": outputs}
            return json.dumps(named)
    elif isinstance(tests, StdioTests):
        texts = {
            "inputs": [c.input for c in tests.cases],
            "outputs": [c.output for c in tests.cases],
        }
        return json.dumps(texts)
    raise RecipeError(
        f"problem '{problem.id}': verl has no form for its tests ({tests.type}); export --format"
        " records, and use veritune as verl's reward function"
    )
