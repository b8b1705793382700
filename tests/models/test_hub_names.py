"""Hub names with a revision, from a small hub of our own that serves a saved model."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hub import COMMITS, serving

from veritune.config import ScratchConfig
from veritune.models import build_scratch, policy_hash, save_policy


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, Path]]]:
    folder = tmp_path_factory.mktemp("hub")
    shape = ScratchConfig(layers=1, width=16, heads=2, max_length=32)
    for seed, name in enumerate(COMMITS):
        save_policy(*build_scratch(shape, seed), folder / name)
    folders = {name: folder / name for name in COMMITS}
    with serving(folders) as endpoint:
        yield endpoint, folders


def asked(endpoint: str, home: Path, name: str) -> subprocess.CompletedProcess[str]:
    """The content hash of a hub model, in a process of its own: the hub's address is read once."""
    code = """
import sys
from veritune.errors import ModelError
from veritune.models import policy_hash
try:
    print(policy_hash(sys.argv[1]))
except ModelError as error:
    sys.exit(str(error))
"""
    own = {"HF_ENDPOINT": endpoint, "HF_HOME": str(home), "HF_HUB_OFFLINE": "0"}
    command = [sys.executable, "-c", code, name]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=300, env=dict(os.environ, **own)
    )


@pytest.mark.slow
def test_a_name_is_its_main_branch_and_a_revision_is_another_model(
    hub: tuple[str, dict[str, Path]], tmp_path: Path
) -> None:
    endpoint, folders = hub
    for name, revision in (("me/tiny", "main"), ("me/tiny@v1", "v1")):
        done = asked(endpoint, tmp_path, name)
        assert done.stdout.strip() == policy_hash(folders[revision]), done.stderr
    gone = asked(endpoint, tmp_path, "me/tiny@v9")
    assert gone.returncode == 1 and "no revision 'v9'" in gone.stderr.splitlines()[-1]


@pytest.mark.slow
def test_a_hub_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    gone = asked("http://127.0.0.1:9", tmp_path, "me/tiny@v1")
    (line,) = gone.stderr.splitlines()
    assert "the hub cannot be reached" in line and "give a local model folder" in line
