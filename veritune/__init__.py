"""Improve language models on problems whose answers can be checked."""

from typing import TYPE_CHECKING

from veritune.lazy import lazily

if TYPE_CHECKING:
    from veritune.cli.calls import improve, verify
else:
    __getattr__ = lazily(__name__, {"cli.calls": ("improve", "verify")})

__all__ = ["__version__", "improve", "verify"]
__version__ = "0.1.0"
