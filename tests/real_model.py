"""The pretrained model that slow tests use, where it is on this machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

PLACE = Path(os.environ.get("VERITUNE_MODELS", Path(__file__).parents[1] / "models"))


def smollm2() -> Path:
    """SmolLM2-135M-Instruct's folder; the test is skipped where it was not fetched."""
    folder = PLACE / "smollm2-135m"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there: veritune model fetch smollm2-135m --out {folder}")
    return folder
