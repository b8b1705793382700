"""Every error veritune raises on purpose: one clear line saying what, where, and how to fix it.

Each error also inherits the standard exception it is, so library users can catch either. The
command line prints the message alone and exits with `exit_code`: 1 the work failed, 2 the request
was wrong.
"""

from typing import ClassVar


class VerituneError(Exception):
    """Base of all errors raised on purpose."""

    exit_code: ClassVar[int] = 1


class InputError(VerituneError, ValueError):
    """What the user typed, or a file the user passed, is wrong."""

    exit_code = 2


class RecipeError(InputError):
    """A recipe, or an override of one, is wrong."""


class RecordError(InputError):
    """A record file, or a line in it, is wrong."""


class MissingFileError(InputError, FileNotFoundError):
    """A file or folder that the user named does not exist."""


class UnwritableError(InputError, PermissionError):
    """A place that the user named cannot be written."""


class ModelError(InputError):
    """A model folder, a hub model or its tokenizer cannot be used."""


class SandboxUnavailableError(VerituneError, RuntimeError):
    """There is no working sandbox on this machine; untrusted code is refused."""

    exit_code = 2


class SandboxFailureError(VerituneError, RuntimeError):
    """The sandbox itself failed while it ran a program: never the program's fault."""


class JournalError(VerituneError, RuntimeError):
    """The run on disk is damaged, or belongs to a different recipe or process."""


class NoRunError(JournalError, FileNotFoundError):
    """A folder that holds no run."""

    exit_code = 2


class MissingCandidateError(InputError, LookupError):
    """A set holds no such candidate."""


class DamagedRunError(JournalError):
    """A file of the run on disk is missing, or not as it was written."""


class PolicyMismatchError(VerituneError, RuntimeError):
    """The sampler does not run the weights that the trainer saved."""


class EndpointError(VerituneError, ConnectionError):
    """A server that samples cannot be reached, or refuses what it is asked."""


class TrainingError(VerituneError, RuntimeError):
    """Training cannot continue: no data, or a loss that is not finite."""
