"""Policy gradients make the demo's start better on chains of arithmetic, at equal samples.

Those here differ in more than a baseline; `chain_gain.py` measures all of them.
"""

from pathlib import Path

import pytest
from chain_gain import ROUNDS, gain, result, start_of

GAIN = 0.02
"""Of pass@1, on the same 150 problems with four candidates each."""
HALF = ROUNDS // 2
pytestmark = [pytest.mark.slow, pytest.mark.no_cover, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def start(shared_folder: Path) -> Path:
    return start_of(shared_folder)


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory, start: Path) -> Path:
    """Where RLOO has made the start better."""
    folder = tmp_path_factory.mktemp("teacher")
    check(start, folder, "rloo", HALF)
    return folder


def check(start: Path, folder: Path, kind: str, rounds: int, **more: str) -> None:
    before, after = (row["pass_at_1"] for row in gain(start, folder, kind, rounds, **more))
    print(f"{kind}: pass@1 {before:.3f} -> {after:.3f}")
    assert after >= before + GAIN


@pytest.mark.parametrize(("kind", "rounds"), [("dapo", HALF), ("cispo", ROUNDS), ("prime", HALF)])
def test_the_demos_start_gets_better(tmp_path: Path, start: Path, kind: str, rounds: int) -> None:
    check(start, tmp_path, kind, rounds)


def test_a_student_of_a_better_teacher_gets_better(
    tmp_path: Path, start: Path, teacher: Path
) -> None:
    check(start, tmp_path, "distillation", ROUNDS, teacher=result(teacher, HALF))
