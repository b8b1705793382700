"""The options of the throughput benchmarks."""

from __future__ import annotations

import argparse
from typing import NoReturn

from veritune.errors import RecipeError


class OptionParser(argparse.ArgumentParser):
    """As argparse's, with complaints of one line."""

    def error(self, message: str) -> NoReturn:
        """Raise `RecipeError`."""
        raise RecipeError(f"{message}; see {self.prog} --help")
