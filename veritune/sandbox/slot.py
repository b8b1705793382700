"""One slot: a started host process, and one job at a time through it."""

from __future__ import annotations

import ast
import asyncio
import base64
import importlib.resources
import importlib.util
import json
import marshal
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources.abc import Traversable
from types import TracebackType
from typing import NamedTuple, Protocol

from veritune.errors import SandboxFailureError
from veritune.replies import LOOK_SECONDS, Stops
from veritune.sandbox.runner import speed
from veritune.sandbox.runner.wire import frames

# All that a process inside has: nothing of the user's own environment, one thread of BLAS each.
ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "HOME": "/tmp",
    "TMPDIR": "/tmp",
    "LANG": "C.UTF-8",
    "PYTHONUTF8": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
}
# As large as a job may be; a report is limited to far less where it is made.
MAX_REPLY = 256 << 20
# Python starts in well under a second: this is for a machine with many starting at once.
START_SECONDS = 60.0
# Reads the runner's modules from standard input, and compiles them where it is not the sender's
# Python, so that every backend runs the same code and needs nothing of ours on its file system.
# What then starts, with the name of a module and a descriptor as words, imports them from memory:
# compiling leaves a process fat, and each fork pays for its parent's fat. What a library binds
# late, every fork would bind anew.
BOOTSTRAP = """
import os, sys, marshal
from importlib.machinery import ModuleSpec
def read(fd, n):
    data = b""
    while len(data) < n:
        part = os.read(fd, n - len(data))
        if not part: os._exit(0)
        data += part
    return data
def start(name, code, *words):
    os.lseek(code, 0, 0)
    os.set_inheritable(code, True)
    text = sys.orig_argv[sys.orig_argv.index("-c") + 1]
    options = ["-s", "-S", "-P", "-c", text, name, str(code), *words]
    os.environ["LD_BIND_NOW"] = "1"
    os.execv(sys.executable, [sys.executable, *options])
if not sys.argv[1:]:
    import base64, json
    from _frozen_importlib_external import MAGIC_NUMBER
    sent = json.loads(read(0, int.from_bytes(read(0, 4), "big")))
    same = sent["magic"] == MAGIC_NUMBER.hex()
    def ready(name, text, compiled):
        if same: return base64.b64decode(compiled)
        return marshal.dumps(compile(text, name + ".py", "exec"))
    files = {name: ready(name, *forms) for name, forms in sent["files"].items()}
    code = os.memfd_create("runner")
    with open(code, "wb", closefd=False) as stream: marshal.dump(files, stream)
    start("runner.host.serving", code)
del os.environ["LD_BIND_NOW"]
code = int(sys.argv[2])
with open(code, "rb", closefd=False) as stream: files = marshal.load(stream)
class Sent:
    def find_spec(self, name, path=None, target=None):
        if name not in files: return None
        inside = any(other.startswith(name + ".") for other in files)
        return ModuleSpec(name, self, is_package=inside)
    def create_module(self, spec): return None
    def exec_module(self, module): exec(marshal.loads(files.pop(module.__name__)), module.__dict__)
sys.meta_path.insert(0, Sent())
module = __import__(sys.argv[1], fromlist=["main"])
module.main(start, code, *sys.argv[3:])
"""


class SlotLostError(SandboxFailureError):
    """A host process was killed or stopped by somebody before it was ready; the next may be."""


class SlotStoppedError(TimeoutError):
    """A process of the slot is seen to be stopped."""


class HostStream(Protocol):
    """Bytes to and from a host process."""

    async def write(self, data: bytes) -> None:
        """Send all of it."""
        ...

    async def read(self, size: int) -> bytes:
        """Exactly `size` bytes; raises `EOFError` where the process has ended."""
        ...

    def processes(self) -> Iterable[int]:
        """The processes that a reply needs, where they are this machine's; a candidate's are not.

        A reply cannot come while one of them is stopped.
        """
        ...

    async def was_killed(self) -> bool:
        """Whether somebody killed the process, which has not ended by itself."""
        ...

    async def close(self) -> None:
        """End the process and everything in its sandbox."""
        ...


@cache
def runner_frame() -> bytes:
    """The frame that carries the runner's own modules, compiled for who runs this very Python."""
    found = _modules("runner", importlib.resources.files("veritune.sandbox.runner"))
    files = {name: (text, _compiled(name, text)) for name, text in found}
    sent = {"magic": importlib.util.MAGIC_NUMBER.hex(), "files": files}
    return frames.framed(frames.dumps(sent))


def _modules(package: str, folder: Traversable) -> Iterator[tuple[str, str]]:
    """Dotted name and text of each module in a package, its rooms' included."""
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _modules(f"{package}.{entry.name}", entry)
        elif entry.name.endswith(".py"):
            name = entry.name.removesuffix(".py")
            yield package if name == "__init__" else f"{package}.{name}", entry.read_text("utf-8")


def _compiled(name: str, text: str) -> str:
    tree = _Bare().visit(ast.parse(text))
    code = compile(tree, f"{name}.py", "exec", dont_inherit=True, optimize=0)
    return base64.b64encode(marshal.dumps(code)).decode()


class _Bare(ast.NodeTransformer):
    """Takes out docstrings and annotations of functions.

    They lie between the objects that a fork writes to, and every page of those is copied.
    """

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.returns = None
        if len(node.body) > 1 and ast.get_docstring(node) is not None:
            del node.body[0]
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node


class SlotIndex(NamedTuple):
    """Which of a pool's slots one is: where there is one for every core, each keeps to its own.

    The processes of a job wake each other many times; on one core, they need not wake the core.
    """

    number: int
    seats: int

    def environment(self) -> dict[str, str]:
        """What tells a host process."""
        shut = {} if speed.is_open() else {speed.SWITCH: "off"}
        return {**ENVIRONMENT, "VERITUNE_SEAT": f"{self.number} {self.seats}", **shut}


class Slot:
    """A ready host process. `uses` counts its jobs."""

    def __init__(self, stream: HostStream, index: SlotIndex) -> None:
        self._stream = stream
        self.index = index
        self.uses = 0
        self.own_uid = False

    async def start(self) -> None:
        """Send the runner and wait until the host is ready."""
        try:
            async with self._watched(START_SECONDS):
                await self._stream.write(runner_frame())
                facts = json.loads(await self._reply())["ready"]
        except SlotStoppedError as error:
            raise SlotLostError(f"the sandbox did not start: {error}") from None
        except (EOFError, OSError, TimeoutError, KeyError, ValueError) as error:
            if not isinstance(error, TimeoutError) and await self._stream.was_killed():
                raise SlotLostError("the sandbox did not start: it was killed") from None
            raise SandboxFailureError(f"the sandbox did not start: {error}") from None
        self.own_uid = facts["own_uid"]

    async def run(self, job: bytes, seconds: float) -> bytes:
        """Send one job, return the reply; `SandboxFailureError` where there is none in time."""
        self.uses += 1
        try:
            async with self._watched(seconds):
                await self._stream.write(job)
                return await self._reply()
        except TimeoutError as error:  # an `OSError`, too
            raise SandboxFailureError(f"no reply from the sandbox: {error}") from None
        except (EOFError, OSError) as error:
            raise SandboxFailureError(
                f"the sandbox ended in the middle of a job: {error}"
            ) from None

    def _watched(self, seconds: float) -> _Watch:
        """`TimeoutError` after `seconds`, or once the sandbox is seen to be stopped."""
        return _Watch(self._stream, seconds)

    async def _reply(self) -> bytes:
        size = int.from_bytes(await self._stream.read(4), "big")
        if size > MAX_REPLY:
            raise OSError("a reply that is too long")
        return await self._stream.read(size)

    async def close(self) -> None:
        """End it."""
        await self._stream.close()


class _Watch:
    """Around a wait: one timer, which looks every `LOOK_SECONDS`, and most waits end before."""

    def __init__(self, stream: HostStream, seconds: float) -> None:
        self._stream, self._seconds = stream, seconds
        self._stops, self._stopped = Stops(), False
        self._loop = asyncio.get_running_loop()
        self._until = self._loop.time() + seconds
        self._limit = asyncio.timeout(None)

    async def __aenter__(self) -> None:
        self._next_look = self._loop.call_later(min(LOOK_SECONDS, self._seconds), self._look)
        await self._limit.__aenter__()

    def _look(self) -> None:
        now = self._loop.time()
        self._stopped = self._stops.look(self._stream.processes())
        if self._stopped or now >= self._until:
            self._limit.reschedule(0)
            return
        self._next_look = self._loop.call_later(min(LOOK_SECONDS, self._until - now), self._look)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._next_look.cancel()
        try:
            await self._limit.__aexit__(kind, error, trace)
        except TimeoutError:
            if self._stopped:
                raise SlotStoppedError("it is stopped") from None
            raise TimeoutError(f"none in {self._seconds:.0f} s") from None
