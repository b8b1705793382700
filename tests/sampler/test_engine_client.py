"""Of two processes that need each other, each notices the other's death."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from veritune.sampler.engine_client import EngineClient, EngineDiedError, ProcessGuard

OWNER = """
import multiprocessing, subprocess, sys, time
from veritune.sampler.engine_client import ProcessGuard

if __name__ == "__main__":
    guard = ProcessGuard()
    context = multiprocessing.get_context("spawn")
    if sys.argv[1] == "struck":
        guard._watchers.processes[0].kill()
    with guard.holding():
        child = context.Process(target=time.sleep, args=(600,))
        child.start()
        if sys.argv[1] in ("unseen", "ended"):  # As a child's own child is.
            child = subprocess.Popen(["sleep", "600"], start_new_session=True)
    print(child.pid, flush=True)
    if sys.argv[1] == "ended":
        guard.kill()
        sys.exit(0)
    if sys.argv[1] == "close":
        guard.close()
        child.terminate()
        child.join()
        sys.exit(0)
    time.sleep(600)
"""


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def sleeper() -> multiprocessing.process.BaseProcess:
    child = multiprocessing.get_context("spawn").Process(target=time.sleep, args=(600,))
    child.start()
    return child


def test_a_call_is_given_up_when_the_process_dies() -> None:
    child = sleeper()
    client = EngineClient([child])
    assert client.call(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        client.call(lambda: 1 // 0)
    os.kill(child.pid or 0, signal.SIGKILL)
    with pytest.raises(EngineDiedError):
        client.call(lambda: time.sleep(600))
    client.close()


def test_a_call_is_given_up_when_the_process_is_stopped_and_it_is_ended() -> None:
    child = sleeper()
    client = EngineClient([child])
    os.kill(child.pid or 0, signal.SIGSTOP)
    with pytest.raises(EngineDiedError, match="stopped"):
        client.call(lambda: time.sleep(600))
    child.join(10)
    assert child.exitcode == -signal.SIGKILL
    client.close()


@pytest.mark.parametrize("before", ["wait", "struck", "unseen"])
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_the_process_ends_with_its_owner(tmp_path: Path, how: signal.Signals, before: str) -> None:
    script = tmp_path / "owner.py"
    script.write_text(OWNER)
    owner = subprocess.Popen([sys.executable, str(script), before], stdout=subprocess.PIPE)
    assert owner.stdout is not None
    child = int(owner.stdout.readline())
    assert lives(child)
    owner.send_signal(how)
    owner.wait(30)
    deadline = time.monotonic() + 60
    while lives(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not lives(child)


def test_a_guard_that_ends_what_it_holds_ends_what_that_started(tmp_path: Path) -> None:
    script = tmp_path / "owner.py"
    script.write_text(OWNER)
    words = [sys.executable, str(script), "ended"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert not lives(int(done.stdout))


def test_what_is_stopped_as_it_starts_is_ended() -> None:
    guard = ProcessGuard()
    with guard.holding():
        child = sleeper()
        os.kill(child.pid or 0, signal.SIGSTOP)
        child.join(60)
    assert child.exitcode == -signal.SIGKILL
    guard.close()


def test_a_leash_that_is_closed_leaves_nothing(tmp_path: Path) -> None:
    script = tmp_path / "owner.py"
    script.write_text(OWNER)
    done = subprocess.run([sys.executable, str(script), "close"], capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr


def test_only_what_starts_inside_is_held() -> None:
    before = sleeper()
    guard = ProcessGuard()
    with guard.holding():
        inside = sleeper()
    after = sleeper()
    assert guard.held == [inside]
    guard.close()
    for child in (before, inside, after):
        assert child.is_alive()
        child.kill()
        child.join()
