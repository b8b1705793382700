"""What tests of the sandbox have in common."""

from __future__ import annotations

import machine
import pytest


@pytest.fixture(autouse=True)
def only_its_own() -> None:
    """A test looks at what it starts itself, and not at what was open before it."""
    machine.OTHERS.clear()
    machine.OTHERS.update(machine.confined())
