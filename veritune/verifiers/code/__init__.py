"""Verdicts on code by its tests, in a sandbox."""

from veritune.verifiers.code.verifier import CodeVerifier

__all__ = ["CodeVerifier"]
