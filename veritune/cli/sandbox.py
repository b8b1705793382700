"""`veritune sandbox doctor|build`: what isolation this machine offers; the container image."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

from veritune.cli.arguments import Positional, parse
from veritune.cluster import node_resources
from veritune.config import Frozen
from veritune.errors import MissingFileError, RecipeError, SandboxUnavailableError
from veritune.sandbox import (
    DOCKER_IMAGE,
    TOOLCHAINS,
    IsolationCheck,
    Limits,
    build_from_dockerfile,
    build_from_host,
    connect_docker,
    examine,
    open_sandbox,
)

KINDS = ("bubblewrap", "docker")
USAGE = """usage: veritune sandbox doctor|build ...

  doctor  what isolation this machine offers
  build   the image for docker"""


class DoctorArguments(Frozen):
    """Say what isolation this machine offers; exit code 1 if no sandbox works."""

    image: str = DOCKER_IMAGE
    """Docker: the image to try."""
    runtime: str | None = None
    """Docker: another runtime of the engine's, such as runsc."""
    ray: bool = False
    """Print what a node that has these sandboxes offers, for `ray start --resources`."""


class BuildArguments(Frozen):
    """Make the image for docker from this machine's Python; no registry is asked."""

    languages: Positional[tuple[str, ...]] = ()
    """Toolchains of this machine to put in besides Python: cpp, javascript."""
    image: str = DOCKER_IMAGE
    """The image's name."""
    dockerfile: str | None = None
    """Build this Dockerfile instead; it must provide python3."""


def main(argv: Sequence[str]) -> int:
    """Run one of the two."""
    words = list(argv)
    if not words or words[0] in ("-h", "--help"):
        print(USAGE)
        return 0 if words else 2
    if words[0] == "doctor":
        return doctor(parse(DoctorArguments, words[1:], prog="veritune sandbox doctor"))
    if words[0] == "build":
        return build(parse(BuildArguments, words[1:], prog="veritune sandbox build"))
    raise RecipeError(f"no command 'sandbox {words[0]}'; there are: doctor, build")


def doctor(arguments: DoctorArguments) -> int:
    """Print the findings of each kind."""
    found_of = {kind: _findings(kind, arguments) for kind in KINDS}
    works = [kind for kind, found in found_of.items() if found[0].holds]
    if arguments.ray:
        print(json.dumps(node_resources(works)))
        return 0
    for kind, found in found_of.items():
        print(kind)
        for finding in found:
            fix = f": {finding.fix}" if finding.fix and not finding.holds else ""
            print(f"  {'holds' if finding.holds else 'DOES NOT HOLD':13}  {finding.guarantee}{fix}")
    return 0 if works else 1


def _findings(kind: str, arguments: DoctorArguments) -> list[IsolationCheck]:
    limits = Limits()
    try:
        sandbox = open_sandbox(
            kind, workers=1, limits=limits, image=arguments.image, runtime=arguments.runtime
        )
    except SandboxUnavailableError as error:
        return [IsolationCheck("starts", False, str(error))]
    return asyncio.run(examine(sandbox, limits))


def build(arguments: BuildArguments) -> int:
    """Make the image."""
    unknown = set(arguments.languages) - set(TOOLCHAINS)
    if unknown:
        raise RecipeError(
            f"no toolchain '{sorted(unknown)[0]}'; there are: {', '.join(TOOLCHAINS)}"
        )
    dockerfile = None if arguments.dockerfile is None else Path(arguments.dockerfile)
    if dockerfile is not None and not dockerfile.is_file():
        raise MissingFileError(f"{dockerfile}: no such Dockerfile")
    engine = connect_docker()
    try:
        if dockerfile is not None:
            build_from_dockerfile(engine, arguments.image, dockerfile)
            print(f"built {arguments.image} from {dockerfile}")
        else:
            size = build_from_host(engine, arguments.image, tuple(arguments.languages))
            print(f"built {arguments.image} from this machine's Python, {size >> 20} MB")
    finally:
        engine.close()
    return 0
