"""Verifiers: what gives a candidate its verdict, and why it may be believed."""

from veritune.verifiers.compose import open_verifier
from veritune.verifiers.protocol import Verifier
from veritune.verifiers.streaming import verify_each

__all__ = ["Verifier", "open_verifier", "verify_each"]
