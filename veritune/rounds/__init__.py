"""Rounds: the loop, selection, and the stream of candidates to verifiers."""

from veritune.rounds.loop import improve
from veritune.rounds.training import follow
from veritune.rounds.watch import Advance, Quiet, Watch

__all__ = ["Advance", "Quiet", "Watch", "follow", "improve"]
