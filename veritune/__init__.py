"""Improve language models on problems whose answers can be checked."""

from typing import TYPE_CHECKING

from veritune.lazy import lazily
from veritune.version import __version__

if TYPE_CHECKING:
    from veritune.cli import improve
    from veritune.cli import solve_with as solve
    from veritune.cli import verify_files as verify
else:
    __getattr__ = lazily(__name__, {"cli": ("improve", "solve=solve_with", "verify=verify_files")})

__all__ = ["__version__", "improve", "solve", "verify"]
