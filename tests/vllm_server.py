"""vLLM's own server on a free port, for tests that ask a real one."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Requests that came to an end, whatever the end was, as the server counts them.
_ENDED = re.compile(r'^vllm:request_success_total\{.*finished_reason="(\w+)".*\} ([\d.]+)', re.M)


@contextmanager
def vllm_server(folder: str | Path, log: Path, *more: str) -> Iterator[str]:
    """Serve a model until the end; gives the address with /v1."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = "--dtype float32 --enforce-eager --max-num-seqs 32 --host 127.0.0.1"
    environment = os.environ | {"VLLM_SERVER_DEV_MODE": "1", "VLLM_CPU_KVCACHE_SPACE": "1"}
    command = [sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", str(folder)]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*command, "--port", str(port), *words.split(), *more],
            env=environment,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
        try:
            while not _answers(port):
                assert process.poll() is None, log.read_text()[-2000:]
                time.sleep(1)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:  # Its engine may outlast a polite request.
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def requests_ended(url: str) -> dict[str, int]:
    """How many requests the server ended so far, by reason; `abort` are those nobody waited for."""
    with urllib.request.urlopen(f"{url.removesuffix('/v1')}/metrics", timeout=60) as answer:
        text = answer.read().decode()
    return {reason: int(float(count)) for reason, count in _ENDED.findall(text)}


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
