"""A Docker engine of our own, whose daemon and containers are struck; needs root."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from disturbed import Around, begin
from injector import below

from veritune.sandbox.removal import LABEL

START_SECONDS = 120.0


class OwnDockerd(Around):
    """Containers of the run, and a daemon that is started again where it was killed."""

    gap = (0.1, 1.5)

    def __init__(self, home: Path) -> None:
        home.mkdir()
        self._home, self._up = home, False
        self._host = f"unix://{home}/docker.sock"
        self._start()
        self._wait()
        build = [sys.executable, "-m", "veritune", "sandbox", "build"]
        subprocess.run(
            build, check=True, stdout=subprocess.DEVNULL, env={**os.environ, **self.environment()}
        )

    def environment(self) -> dict[str, str]:
        return {"DOCKER_HOST": self._host}

    def of_run(self) -> list[int]:
        found: list[int] = []
        for shim in self._shims():
            found += below(shim)
        return found

    def others(self) -> dict[str, list[int]]:
        # While it starts, it waits for shims, of which one may be stopped for a moment.
        if not self._is_up():
            return {}
        found = {"shim": self._shims(), "daemon": [self._daemon.pid]}
        found["containerd"] = [pid for pid in below(self._daemon.pid) if _word(pid) == "containerd"]
        return {kind: pids for kind, pids in found.items() if pids}

    def mend(self, running: bool) -> None:
        if self._daemon.poll() is not None:
            if running:
                time.sleep(1.0)  # Somebody has to see it first.
            self._start()
        if not running:
            self._wait()

    def may_end(self, said: str) -> bool:
        # A command that begins while the engine is away.
        return said.startswith("veritune: docker: ")

    def left(self) -> list[str]:
        words = "{{.ID}} {{.Status}} owner {{.Label " + f'"{LABEL}"' + "}}, made {{.CreatedAt}}"
        said = self.ask("ps", "-a", "--filter", f"label={LABEL}", "--format", words)
        return [f"container {line}" for line in said.splitlines()]

    def ask(self, *words: str) -> str:
        """What the docker command says, or nothing."""
        with suppress(subprocess.TimeoutExpired):
            command = ["docker", "-H", self._host, *words]
            done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
            return done.stdout.strip()
        return ""

    def close(self) -> None:
        self._daemon.send_signal(signal.SIGCONT)
        self._daemon.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._daemon.wait(30)
        for pid in [
            *below(self._daemon.pid),
            self._daemon.pid,
            *self._shims(),
            *self._shim_trees(),
        ]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for line in reversed(Path("/proc/mounts").read_text().splitlines()):
            if (place := line.split()[1]).startswith(f"{self._home}/"):
                subprocess.run(["umount", place], check=False)

    def _start(self) -> None:
        self._kill_containerd()
        home = self._home
        with suppress(FileNotFoundError):
            (home / "docker.pid").unlink()
        command = ["dockerd", "--iptables=false", "--bridge=none", "-H", self._host]
        command += ["--data-root", f"{home}/data", "--exec-root", f"{home}/exec"]
        command += ["--pidfile", f"{home}/docker.pid"]
        with (home / "log").open("a") as log:
            self._daemon = subprocess.Popen(command, stdout=log, stderr=log)
        self._up = False

    def _is_up(self) -> bool:
        self._up = self._up or bool(self.ask("version", "--format", "{{.Server.Version}}"))
        return self._up

    def _wait(self) -> None:
        end = time.monotonic() + START_SECONDS
        while not self._is_up():
            if self._daemon.poll() is not None:  # Its containerd took more than 15 s to start.
                self._start()
            if time.monotonic() > end:
                log = (self._home / "log").read_text()[-1000:]
                raise SystemExit(f"dockerd does not start: {log}")
            time.sleep(0.2)

    def _kill_containerd(self) -> None:
        """What the daemon left of its own would keep the next from starting."""
        file = self._home / "exec/containerd/containerd.pid"
        with suppress(OSError, ValueError):
            pid = int(file.read_text())
            if _word(pid) == "containerd":
                os.kill(pid, signal.SIGKILL)
                while begin(pid):
                    time.sleep(0.02)

    def _shims(self) -> list[int]:
        """What stands between containerd and a container, of this engine alone."""
        found = []
        for number in filter(str.isdigit, os.listdir("/proc")):
            with suppress(OSError):
                words = Path(f"/proc/{number}/cmdline").read_bytes()
                if b"containerd-shim" in words and str(self._home).encode() in words:
                    found.append(int(number))
        return found

    def _shim_trees(self) -> list[int]:
        return [pid for shim in self._shims() for pid in below(shim)]


def _word(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text().strip()
    return ""
