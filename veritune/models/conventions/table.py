"""The conventions by name, and which of them a folder shows by its files."""

from __future__ import annotations

import json
from pathlib import Path

from veritune.errors import ModelError
from veritune.models.conventions import math_shepherd, qwen, rlhflow, skywork, trl
from veritune.models.conventions.convention import Convention, pair_alone
from veritune.models.conventions.weights import tensor_names

CONVENTIONS = {
    convention.name: convention
    for convention in (
        Convention("trl", "classes", trl.lay_out, trl.TEXTS, "TRL PRMTrainer"),
        Convention(
            "math-shepherd",
            "tokens",
            math_shepherd.lay_out,
            math_shepherd.TEXTS,
            "peiyi9979/math-shepherd-mistral-7b-prm",
            math_shepherd.pair,
        ),
        Convention(
            "rlhflow",
            "tokens",
            rlhflow.lay_out,
            rlhflow.TEXTS,
            "RLHFlow/Llama3.1-8B-PRM-*",
            pair_alone,
        ),
        Convention("qwen", "classes", qwen.lay_out, qwen.TEXTS, "Qwen/Qwen2.5-Math-PRM-*"),
        Convention(
            "skywork", "value", skywork.lay_out, skywork.TEXTS, "Skywork/Skywork-o1-Open-PRM-*"
        ),
    )
}


def convention_of(folder: Path) -> Convention:
    """The convention that a folder shows; raises `ModelError` where it shows none.

    A plain causal LM may be read in more ways than one, so its convention must be named.
    """
    kinds = architectures(folder)
    names = tensor_names(folder)
    if any(kind.endswith("ForProcessRewardModel") for kind in kinds):
        return CONVENTIONS["qwen"]
    if any(name.startswith("v_head.") for name in names):
        return CONVENTIONS["skywork"]
    if any(kind.endswith("ForTokenClassification") for kind in kinds):
        return CONVENTIONS["trl"]
    raise ModelError(
        f"{folder}: no reward model of ours, and none that shows how its steps are read; give the"
        f" folder that 'veritune train reward' wrote, or name the convention: "
        f"{', '.join(CONVENTIONS)}"
    )


def architectures(folder: Path) -> list[str]:
    """What the folder's config.json calls its model."""
    try:
        found = json.loads((folder / "config.json").read_bytes()).get("architectures") or []
    except (OSError, ValueError, AttributeError):
        raise ModelError(f"{folder}: no config.json; give the folder of a saved model") from None
    return [str(kind) for kind in found]
