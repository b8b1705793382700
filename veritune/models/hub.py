"""From what the user wrote (a folder or a hub name) to a folder on this machine."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from pathlib import Path

from veritune.errors import MissingFileError, ModelError

# `name`, `owner/name`, and either with `@` and a branch, tag or commit.
HUB_NAME = re.compile(r"^[\w.-]+(/[\w.-]+)?(@[\w./-]+)?$")
# Without pickles (`*.bin`, `*.pt`), which loading would run.
HUB_FILES = ["*.json", "*.safetensors", "*.txt", "*.model", "*.jinja"]
# A hub that cannot be reached is said to be so before anybody has left.
CONNECT_SECONDS = 10.0
# Where the hub is a first try of two, or asked for figures alone, nobody waits for it.
ANSWER_SECONDS = 3.0


def model_folder(path: str | Path) -> Path:
    """The folder of a model or adapter; a name that is no local path is fetched from the hub."""
    folder = Path(path).expanduser()
    if folder.is_dir():
        return folder
    if folder.exists():
        raise ModelError(f"{path}: is a file; give the folder that holds config.json")
    # A path that is mistyped must not be asked of the hub.
    if not is_hub_name(path):
        raise MissingFileError(f"{path}: no such folder; give a Hugging Face folder or a hub name")
    return _from_hub(str(path))


def has_chat_template(path: str | Path | None) -> bool:
    """Whether a model's tokenizer has a chat template; one that is built from scratch has none."""
    if path is None:
        return False
    folder = model_folder(path)
    adapter = folder / "adapter_config.json"
    if adapter.is_file() and not (folder / "tokenizer_config.json").is_file():
        with suppress(OSError, ValueError, KeyError, TypeError):
            return has_chat_template(json.loads(adapter.read_text())["base_model_name_or_path"])
    if (folder / "chat_template.jinja").is_file() or (folder / "chat_template.json").is_file():
        return True
    with suppress(OSError, ValueError, TypeError):
        settings = json.loads((folder / "tokenizer_config.json").read_text())
        return bool(settings.get("chat_template"))
    return False


def is_hub_name(path: str | Path) -> bool:
    """Whether a path that is nowhere here may be a model's name on the hub."""
    return bool(HUB_NAME.match(str(path))) and not str(path).startswith((".", "/", "~"))


def hub_parts(name: str) -> tuple[str, str | None]:
    """A hub name without its revision, and the revision."""
    repository, _, revision = name.partition("@")
    return repository, revision or None


def hub_answers(name: str) -> bool:
    """Whether the hub has a model of this name and says so at once."""
    from huggingface_hub import HfApi
    from huggingface_hub.constants import HF_HUB_OFFLINE

    if HF_HUB_OFFLINE:
        return False
    try:
        repository, revision = hub_parts(name)
        HfApi().model_info(repository, revision=revision, timeout=ANSWER_SECONDS)
    except Exception:  # Whatever keeps it from answering, there are other ways.
        return False
    return True


def _from_hub(name: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import (
        HFValidationError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    fix = "give a local model folder, or check the name and the network"
    repository, revision = hub_parts(name)
    try:
        return Path(
            snapshot_download(
                repository,
                revision=revision,
                allow_patterns=HUB_FILES,
                etag_timeout=CONNECT_SECONDS,
            )
        )
    except RevisionNotFoundError:
        raise ModelError(f"{name}: the hub's model has no revision '{revision}'; {fix}") from None
    except (RepositoryNotFoundError, HFValidationError):
        raise ModelError(f"{name}: no such folder, and no such hub model; {fix}") from None
    except (OSError, RuntimeError, ValueError) as error:
        cause = str(error).strip().partition("\n")[0]
        raise ModelError(
            f"{name}: no such folder, and the hub cannot be reached ({cause}); {fix}"
        ) from None
