"""Rounds: the loop, selection, and the stream of candidates to verifiers."""

from veritune.rounds.loop import improve
from veritune.rounds.progress import Advance, NullProgress, Progress
from veritune.rounds.training import follow

__all__ = ["Advance", "NullProgress", "Progress", "follow", "improve"]
