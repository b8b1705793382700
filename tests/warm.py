"""Python processes that begin with torch and transformers imported, which takes seconds each time.

They are forked of one process (for each worker of xdist) that has imported these and done nothing
else. They are processes of their own: they can be killed, have their own environment, and share
nothing with the test. They run what `python WORDS` would: `-m MODULE`, `-c CODE`, or a script.
"""

from __future__ import annotations

import atexit
import math
import multiprocessing
import os
import runpy
import signal
import socket
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from multiprocessing.context import ForkServerContext
from pathlib import Path
from subprocess import CompletedProcess

import torch

PRELOADED = [
    *("torch", "torch._dynamo", "torch.distributed.fsdp", "peft"),
    *("transformers.masking_utils", "transformers.modeling_utils"),
    *("transformers.models.llama.modeling_llama", "transformers.models.qwen2.modeling_qwen2"),
    *(
        "veritune.cli.validate",
        "veritune.cli.verify",
        "veritune.rounds.loop",
        "veritune.trainer.sft",
        "veritune.models.loading",
    ),
]


@cache
def _context() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return context


class Warm:
    """A running process. What it says goes to files, and is read when it has ended."""

    def __init__(
        self, *words: object, env: Mapping[str, str] | None = None, given: str = ""
    ) -> None:
        """`env` adds to that of the test; `given` is its standard input."""
        self._folder = tempfile.TemporaryDirectory(prefix="warm-")
        for name in ("out", "err"):
            Path(self._folder.name, name).touch()
        Path(self._folder.name, "in").write_text(given)
        self._words = list(map(str, words))
        arguments = (self._words, os.environ | (env or {}), os.getcwd(), self._folder.name)
        self._process = _context().Process(target=_main, args=arguments)
        self._process.start()
        assert self._process.pid is not None
        self.pid = self._process.pid

    def poll(self) -> int | None:
        """Its exit code, negative where a signal ended it; None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float = 280.0) -> int:
        """Its exit code, once it has ended; one that takes longer is killed."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            self.send(signal.SIGKILL)
            raise TimeoutError(f"it runs for {timeout} s: {self.said()}")
        return self._process.exitcode

    def ended(self) -> CompletedProcess[str]:
        """What `subprocess.run` would have given."""
        return CompletedProcess(self._words, self.wait(), self.printed(), self.said())

    def spent(self) -> float:
        """Its processor seconds so far: how far it has come, however busy the machine is."""
        try:
            words = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:  # It has ended.
            return math.inf
        return sum(map(int, words[11:13])) / os.sysconf("SC_CLK_TCK")

    def send(self, sign: signal.Signals) -> None:
        os.kill(self.pid, sign)

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            self.send(signal.SIGKILL)
        self.wait()

    def printed(self) -> str:
        """Its standard output so far."""
        return Path(self._folder.name, "out").read_text()

    def said(self) -> str:
        """Its standard error so far."""
        return Path(self._folder.name, "err").read_text()


def run(*words: object, env: Mapping[str, str] | None = None, given: str = "") -> Warm:
    """A process that has ended."""
    process = Warm(*words, env=env, given=given)
    process.wait()
    return process


def together(count: int, *words: object) -> list[Warm]:
    """So many processes that train together: what `torchrun` starts, without its watching them."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    group = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": str(count)}
    return [
        Warm(*words, env=group | {"RANK": str(rank), "LOCAL_RANK": str(rank)})
        for rank in range(count)
    ]


def _main(words: list[str], env: dict[str, str], folder: str, said: str) -> None:
    """What the process does, forked."""
    os.environ.clear()
    os.environ.update(env)
    tempfile.tempdir = None  # The environment says where, and is read again.
    os.chdir(folder)
    for number, name, how in (
        (0, "in", os.O_RDONLY),
        (1, "out", os.O_WRONLY | os.O_APPEND),
        (2, "err", os.O_WRONLY | os.O_APPEND),
    ):
        file = os.open(f"{said}/{name}", how)
        os.dup2(file, number)
        os.close(file)
    # multiprocessing has put an empty one there.
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    # Tests that run in the background of a shell, or under nohup, ignore these.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    torch.set_num_threads(1)
    try:
        _python(words)
    finally:
        atexit._run_exitfuncs()  # multiprocessing leaves them out.


def _python(words: list[str]) -> None:
    kind, *rest = words
    if kind == "-m":
        sys.argv = rest
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    elif kind == "-c":
        sys.argv = ["-c", *rest[1:]]
        exec(compile(rest[0], "<string>", "exec"), {"__name__": "__main__"})
    else:
        sys.argv = words
        sys.path.insert(0, str(Path(kind).parent))
        runpy.run_path(kind, run_name="__main__")
