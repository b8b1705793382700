"""The engine's low-level client, as the `docker` SDK gives it: any that speaks Docker's API."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, TypedDict

from veritune.errors import SandboxUnavailableError

# For any one call of the engine, which may have to start a container on a busy machine.
ENGINE_SECONDS = 60


class FoundContainer(TypedDict):
    """What an engine says of a container in a list, as far as it is asked."""

    Id: str
    State: str
    Labels: dict[str, str]


class EngineInfo(TypedDict, total=False):
    """What an engine says of itself, as far as it is asked."""

    SecurityOptions: list[str] | None


class Closeable(Protocol):
    """The stream of a container, as the SDK gives it: a socket, or what wraps one."""

    def close(self) -> None: ...


class DockerClient(Protocol):
    """The part of the SDK's low-level client that is used here."""

    def create_container(
        self, image: str | None = None, command: Sequence[str] = (), **options: object
    ) -> dict[str, str]: ...
    def create_host_config(self, **options: object) -> object: ...
    def attach_socket(self, container: str, params: dict[str, int]) -> Closeable: ...
    def start(self, container: str) -> None: ...
    def wait(self, container: str) -> dict[str, int]: ...
    def inspect_container(self, container: str) -> dict[str, dict[str, int]]: ...
    def images(self, name: str, *, quiet: bool = False) -> list[str]: ...
    def import_image_from_file(self, filename: str, *, repository: str, tag: str) -> str: ...
    def build(
        self, *, path: str, dockerfile: str, tag: str, decode: bool, rm: bool
    ) -> Iterable[dict[str, str]]: ...
    def remove_image(self, image: str) -> None: ...
    def containers(self, *, all: bool, filters: dict[str, str]) -> list[FoundContainer]: ...
    def remove_container(self, container: str, *, force: bool = False) -> None: ...
    def info(self) -> EngineInfo: ...
    def close(self) -> None: ...


def connect(seconds: float = ENGINE_SECONDS) -> DockerClient:
    """The engine's low-level client; `SandboxUnavailableError` where there is none."""
    try:
        import docker
    except ImportError:
        raise SandboxUnavailableError(
            "docker: the SDK is missing; install it with `pip install veritune[docker]`"
        ) from None
    try:
        api: DockerClient = docker.from_env(timeout=seconds).api
        return api
    except docker.errors.DockerException as error:
        raise SandboxUnavailableError(
            f"docker: no engine answers ({first_line(error)}); start one, or use bubblewrap"
        ) from None


def first_line(error: BaseException) -> str:
    """What went wrong, in a few words."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
