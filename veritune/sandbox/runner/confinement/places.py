"""Where the descriptors of a forked child stand."""

from __future__ import annotations

import os

from . import linux

# Descriptors that a candidate's process finds what is its own at; 0 to 2 are its streams.
CHANNEL, PAYLOAD = 3, 4


def take(link: int) -> int:
    """Put something harmless where a child's descriptors will be put; the new place of `link`."""
    kept = linux.duplicate(link, PAYLOAD + 1)
    null = os.open("/dev/null", os.O_RDWR)
    for place in range(PAYLOAD + 1):
        os.dup2(null, place)
    for fd in {link, null} - {*range(PAYLOAD + 1)}:
        os.close(fd)
    return kept
