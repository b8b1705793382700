"""`veritune sandbox doctor|build` and the system call filter."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

from veritune.cli.sandbox import main
from veritune.errors import MissingFileError, RecipeError
from veritune.sandbox.runner.confinement import seccomp


def test_the_doctor_says_what_holds(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--image", "no-such-image-of-ours"]) == 0
    said = capsys.readouterr().out
    bubblewrap, _, docker = said.partition("docker\n")
    for guarantee in ("starts", "own pid namespace", "no network", "read-only file system"):
        assert f"holds          {guarantee}" in bubblewrap
    assert "DOES NOT HOLD  starts: docker: " in docker


def test_the_doctor_says_what_a_node_of_a_cluster_offers(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["doctor", "--ray", "--image", "no-such-image-of-ours"]) == 0
    assert json.loads(capsys.readouterr().out) == {"sandbox_bubblewrap": 1000}


def test_wrong_requests_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="cobol"):
        main(["build", "cobol"])
    with pytest.raises(MissingFileError, match="no such Dockerfile"):
        main(["build", "--dockerfile", str(tmp_path / "none")])
    with pytest.raises(RecipeError, match="doctor, build"):
        main(["nurse"])


def answer(
    program: bytes,
    number: int,
    argument: int = 0,
    arch: int = 0xC000003E,
    *,
    second: int = 0,
    third: int = 0,
) -> int:
    """What a filter answers: the kernel's small machine, as far as our filters use it."""
    steps = [struct.unpack_from("=HBBI", program, at) for at in range(0, len(program), 8)]
    data = {0: number, 4: arch, 16: argument, 24: second}
    data |= {32: third & 0xFFFFFFFF, 36: third >> 32}
    at = held = 0
    while True:
        code, if_true, if_false, value = steps[at]
        at += 1
        if code == 0x20:
            held = data[value]
        elif code == 0x06:
            return int(value)
        else:
            holds = {0x15: held == value, 0x35: held >= value, 0x45: held & value != 0}[code]
            at += if_true if holds else if_false


@pytest.mark.parametrize(("machine", "column"), [("x86_64", 0), ("aarch64", 1)])
def test_the_filter_answers_every_number_as_its_tables_say(machine: str, column: int) -> None:
    program = seccomp.program(machine)
    assert program is not None
    arch = seccomp.MACHINES[machine][1]
    expected = {n[column]: 0x50001 for n in seccomp.DENIED.values()}
    expected |= {n[column]: 0x50026 for n in seccomp.ABSENT.values()}
    expected |= dict.fromkeys((seccomp.SOCKET[column], seccomp.SOCKETPAIR[column]), 0x50061)
    expected[seccomp.SETRLIMIT[column]] = 0x50001  # its first argument is 0: CPU time
    for number in range(600):
        if number != seccomp.CLONE[column]:
            found = answer(program, number, arch=arch)
            assert found == expected.get(number, 0x7FFF0000), number
    clone = seccomp.CLONE[column]
    assert answer(program, clone, 0x3D0F00, arch) == 0x7FFF0000
    for flag in (0x20000, 0x10000000, 0x20000000, 0x40000000, 0x80):
        assert answer(program, clone, 0x11 | flag, arch) == 0x50001
    assert answer(program, 0, arch=0x40000003) == 0x80000000
    for family in range(50):
        found = answer(program, seccomp.SOCKET[column], family, arch)
        assert found == (0x7FFF0000 if family in seccomp.FAMILIES else 0x50061)


@pytest.mark.parametrize(("machine", "column"), [("x86_64", 0), ("aarch64", 1)])
def test_only_a_judge_may_set_a_limit_of_cpu_time(machine: str, column: int) -> None:
    arch = seccomp.MACHINES[machine][1]
    set_limit, set_or_ask = seccomp.SETRLIMIT[column], seccomp.PRLIMIT[column]
    for sets, refused in ((False, 0x50001), (True, 0x7FFF0000)):
        program = seccomp.program(machine, sets_cpu_time=sets)
        assert program is not None
        for what in range(16):
            expected = refused if what == 0 else 0x7FFF0000
            assert answer(program, set_limit, what, arch) == expected
            for new in (0x1000, 0x7F0000000000):
                assert answer(program, set_or_ask, 0, arch, second=what, third=new) == expected
            assert answer(program, set_or_ask, 0, arch, second=what) == 0x7FFF0000


def test_numbers_of_another_calling_convention_do_not_exist() -> None:
    program = seccomp.program("x86_64")
    assert program is not None
    for number in (0x40000000, 0x40000000 + 165, 0xFFFFFFFF):
        assert answer(program, number) == 0x50026


def test_an_unknown_machine_has_no_filter() -> None:
    assert seccomp.program("pdp11") is None
