"""Own verifiers: a function or class of the user's by its Python path, in processes of its own."""

from veritune.verifiers.custom.calls import Own, check_own
from veritune.verifiers.custom.labeller import OwnLabeller
from veritune.verifiers.custom.verifier import CustomVerifier

__all__ = ["CustomVerifier", "Own", "OwnLabeller", "check_own"]
