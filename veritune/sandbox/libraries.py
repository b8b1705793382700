"""The libraries that candidates and tests may import: installed once, offline afterwards."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from veritune.errors import InputError

# Where they stand inside a sandbox.
PLACE = "/opt/libraries"
# The name that a line of a requirements file begins with, without version, extras or marker.
NAME = re.compile(r"^\s*([A-Za-z0-9][\w.-]*)", re.MULTILINE)
# What a package is imported as, where not by its own name.
MODULES = {
    "scikit-learn": "sklearn",
    "beautifulsoup4": "bs4",
    "pyyaml": "yaml",
    "pillow": "PIL",
    "opencv-python": "cv2",
    "opencv-python-headless": "cv2",
    "python-dateutil": "dateutil",
}
# Of an environment of the user's, what is imported ahead; all else when it is asked for.
SLOW_TO_IMPORT = (
    *("numpy", "pandas", "scipy", "sympy", "sklearn", "matplotlib", "networkx", "torch"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Libraries:
    """A folder of packages, and the modules that are imported once, ahead of all candidates."""

    folder: Path
    preloaded: tuple[str, ...]


def find_libraries(requirements: str | Sequence[str]) -> Libraries:
    """Libraries by a requirements file, a list of requirements, or an existing environment.

    What is named is installed once, into a folder of the user's cache. Raises `InputError` where
    it cannot be.
    """
    if isinstance(requirements, str) and Path(requirements).is_dir():
        folder = _site_packages(Path(requirements))
        found = tuple(name for name in SLOW_TO_IMPORT if (folder / name).is_dir())
        return Libraries(folder=folder, preloaded=found)
    lines = _lines(requirements)
    names = [match[1].lower() for line in lines if (match := NAME.match(line))]
    preloaded = tuple(MODULES.get(name, name.replace("-", "_")) for name in names)
    return Libraries(folder=_installed(lines), preloaded=preloaded)


def _lines(requirements: str | Sequence[str]) -> list[str]:
    if not isinstance(requirements, str):
        return list(requirements)
    try:
        text = Path(requirements).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "no UTF-8"
        raise InputError(f"verifier.requirements: {requirements}: {why}") from None
    lines = (line.partition(" #")[0].strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def _site_packages(environment: Path) -> Path:
    found = sorted(environment.glob("lib/python3*/site-packages"))
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    fitting = [folder for folder in found if folder.parent.name == version]
    if not fitting:
        raise InputError(f"verifier.requirements: {environment}: no environment of {version}")
    return fitting[0].resolve()


def _installed(lines: list[str]) -> Path:
    """The folder with these requirements; made aside, and renamed when it is whole."""
    told = "\n".join([sys.version, *sorted(lines)])
    home = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "veritune" / "libraries"
    folder = home / hashlib.sha256(told.encode()).hexdigest()[:16]
    if folder.is_dir():
        return folder
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home) as aside:
        made = Path(aside) / "packages"
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        done = subprocess.run(
            [*command, "--target", str(made), *lines], capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            why = (done.stderr.strip().splitlines() or ["pip failed"])[-1]
            raise InputError(f"verifier.requirements: could not be installed: {why}"[:500])
        made.mkdir(exist_ok=True)
        os.chmod(made, 0o755)
        try:
            made.rename(folder)
        except OSError:
            if not folder.is_dir():  # another process may have been faster
                raise
    return folder
