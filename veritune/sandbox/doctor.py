"""What isolation this machine offers, found out by looking from inside a sandbox."""

from __future__ import annotations

import json
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from veritune.errors import SandboxFailureError, SandboxUnavailableError
from veritune.sandbox.limits import Limits
from veritune.sandbox.protocol import Graded, Program, Sandbox

if TYPE_CHECKING:
    from veritune.sandbox.runner.wire.messages import GraderJob

PROBE = """
import json, os, resource, socket
def status(key):
    with open("/proc/self/status") as stream:
        return next(line.split()[1] for line in stream if line.startswith(key + ":"))
def writable(folder):
    try:
        with open(folder + "/probe", "w"): return True
    except OSError: return False
def reachable():
    with socket.socket() as link:
        link.settimeout(1)
        return link.connect_ex(("192.0.2.1", 1)) != 101
space = os.statvfs("/tmp")
print(json.dumps({
    "uid": os.getuid(), "pid": os.getpid(), "capabilities": int(status("CapEff"), 16),
    "no_new_privileges": status("NoNewPrivs"), "filter": status("Seccomp"),
    "processes": sum(name.isdigit() for name in os.listdir("/proc")),
    "interfaces": [name for _, name in socket.if_nameindex()], "reachable": reachable(),
    "descriptors": sorted(map(int, os.listdir("/proc/self/fd")))[:-1],
    "writable": [f for f in ("/", "/usr", "/etc", "/dev", "/opt", "/proc/sys") if writable(f)],
    "tmp_mb": space.f_blocks * space.f_frsize >> 20, "tmp_files": space.f_files,
    "memory": resource.getrlimit(resource.RLIMIT_AS)[1] < 1 << 40,
    "tree": resource.getrlimit(resource.RLIMIT_NPROC)[1],
}))
"""
SIDES = "import os\ndef look():\n    return os.getuid(), os.readlink('/proc/self/ns/pid')\n"
APART = """
import os
assert look()[1] != os.readlink('/proc/self/ns/pid')
assert look()[0] != os.getuid()
"""


@dataclass(frozen=True, slots=True)
class IsolationCheck:
    """One guarantee, whether it holds here, and how to get it where it does not."""

    guarantee: str
    holds: bool
    fix: str = ""


async def examine(sandbox: Sandbox, limits: Limits) -> list[IsolationCheck]:
    """Start a sandbox and look around in it; one finding where it does not start."""
    try:
        async with sandbox:
            program = await sandbox.run(Program(source=textwrap.dedent(PROBE)))
            tests: GraderJob = {"type": "asserts", "tests": {"type": "asserts", "code": APART}}
            graded = await sandbox.run(Graded(sources=(("solution.py", SIDES),), tests=tests))
    except (SandboxUnavailableError, SandboxFailureError) as error:
        return [IsolationCheck("starts", False, str(error))]
    if program.code != 0:
        return [
            IsolationCheck("starts", False, f"the probe failed: {program.stderr.strip()[-200:]}")
        ]
    seen = json.loads(program.stdout)
    outcomes = [test[1] for test in (graded.report or {"tests": []})["tests"]]
    root = "run as root, or use docker"
    return [
        IsolationCheck("starts", True),
        IsolationCheck("own pid namespace", seen["pid"] == 1 and seen["processes"] == 1),
        IsolationCheck("own user id", 0 < seen["uid"] != 65534, root),
        IsolationCheck("no capability", seen["capabilities"] == 0),
        IsolationCheck("no new privileges", seen["no_new_privileges"] == "1"),
        IsolationCheck("system call filter", seen["filter"] == "2", "x86_64 and aarch64 have one"),
        IsolationCheck("no network", set(seen["interfaces"]) <= {"lo"} and not seen["reachable"]),
        IsolationCheck("read-only file system", not seen["writable"]),
        IsolationCheck("sized /tmp", seen["tmp_mb"] == limits.file_mb and seen["tmp_files"] > 0),
        IsolationCheck("closed descriptors", set(seen["descriptors"]) <= {0, 1, 2}),
        IsolationCheck("memory limit", seen["memory"]),
        IsolationCheck("process limit", seen["tree"] == limits.processes),
        IsolationCheck("grader in a pid namespace of its own", outcomes[:1] == ["accepted"]),
        IsolationCheck("grader under a user id of its own", outcomes[1:] == ["accepted"], root),
    ]
