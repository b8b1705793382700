"""Libraries of the user's: visible to candidates and tests, and named where they are missing."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from veritune.errors import InputError
from veritune.records import AssertTests, Candidate, CodeProblem, CodeReference
from veritune.sandbox import Program, open_sandbox
from veritune.sandbox.libraries import find_libraries
from veritune.verifiers.code import CodeVerifier

VERSION = f"python{sys.version_info.major}.{sys.version_info.minor}"
TESTS = "import ours\nassert f(2) == ours.twice(2)"
LISTS = """
import pathlib, sys
for found in pathlib.Path(sys.base_prefix).glob("lib/python3*/site-packages/*"):
    print(found)
"""


def environment(folder: Path) -> Path:
    """An environment with one module of its own."""
    packages = folder / "lib" / VERSION / "site-packages"
    packages.mkdir(parents=True)
    (packages / "ours.py").write_text("def twice(x):\n    return 2 * x\n")
    folder.chmod(0o755)
    return folder


KINDS = ["bubblewrap", pytest.param("docker", marks=pytest.mark.docker)]


@pytest.mark.parametrize("kind", KINDS)
async def test_candidates_and_tests_import_what_the_environment_holds(
    kind: str, tmp_path: Path
) -> None:
    tests = AssertTests(code="import ours\nassert f(2) == ours.twice(2)")
    problem = CodeProblem(id="p", prompt="p", reference=CodeReference(tests=tests))
    text = "from ours import twice\ndef f(x): return twice(x)"
    candidate = Candidate(problem_id="p", index=0, text=text)
    made = environment(tmp_path / "env")
    async with open_sandbox(kind, workers=1, requirements=str(made)) as sandbox:
        with_it = await CodeVerifier(sandbox).verify(problem, candidate)
    async with open_sandbox(kind, workers=1) as sandbox:
        without = await CodeVerifier(sandbox).verify(problem, candidate)
    assert with_it.outcome == "passed", with_it.reason
    assert without.outcome == "error" and "'ours'" in without.reason


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
async def test_a_compiled_library_is_installed_once_and_computes(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its shared objects are found inside, where nothing of the host's is."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    tests = AssertTests(code="import numpy\nassert (f(3) == numpy.arange(3) ** 2).all()")
    problem = CodeProblem(id="p", prompt="p", reference=CodeReference(tests=tests))
    text = "import numpy as np\ndef f(n): return np.linalg.inv(np.eye(n)) @ np.arange(n) ** 2"
    candidate = Candidate(problem_id="p", index=0, text=text)
    for _ in range(2):
        async with open_sandbox(kind, workers=1, requirements=["numpy"]) as sandbox:
            verdict = await CodeVerifier(sandbox).verify(problem, candidate)
        assert verdict.outcome == "passed", verdict.reason
    assert len(list((tmp_path / "veritune/libraries").iterdir())) == 1


async def test_nothing_else_of_the_hosts_packages_is_visible() -> None:
    async with open_sandbox(workers=1) as sandbox:
        result = await sandbox.run(Program(source=LISTS))
    assert (result.code, result.stdout) == (0, "")


def test_bad_requirements_are_one_line(tmp_path: Path) -> None:
    for wrong in (str(tmp_path), str(tmp_path / "no-such-file.txt")):
        with pytest.raises(InputError, match=r"verifier\.requirements: ") as caught:
            find_libraries(wrong)
        assert "\n" not in str(caught.value)
