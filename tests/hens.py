"""Sums with a sentence around them: the problems of runs that are made large to be measured."""

from __future__ import annotations

from veritune.records import MathProblem, MathReference


def hen_problems(stem: str, count: int) -> list[MathProblem]:
    return [
        MathProblem(
            id=f"{stem}-{i:07}",
            prompt=f"A farm has {i} hens and buys {i % 97} more. How many hens are there?",
            reference=MathReference(answer=str(i + i % 97)),
        )
        for i in range(count)
    ]
