"""The container image: made from this host's own Python, without a registry.

What goes in is found by asking the tools themselves: Python for its standard library, the loader
for shared libraries, the compiler for its parts.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from veritune.errors import InputError, SandboxFailureError
from veritune.sandbox.bubblewrap import HOSTS, PACKAGES, SITE, SUITE, installed

if TYPE_CHECKING:
    from veritune.sandbox.engine import DockerClient

# A program that a test starts may want a shell; nothing else of the system is put in.
SHELL = ("sh", "base64", "true")
# Parts of the standard library that no candidate needs.
LEFT_OUT = {"test", "idlelib", "tkinter", "turtledemo", "ensurepip", "lib2to3", "site-packages"}
# g++ is a driver only: it starts these, by a path that was compiled in.
COMPILER_PARTS = ("cc1plus", "collect2", "lto-wrapper", "as", "ld")
# What the linker looks for by name, so that no library's own dependencies name it.
COMPILER_FILES = """
crt1.o Scrt1.o crti.o crtn.o libc.so libc.so.6 libc_nonshared.a libm.so libm.so.6 libmvec.so
libmvec.so.1 libpthread.a librt.a libdl.a libstdc++.so libgcc_s.so.1 ld-linux-x86-64.so.2
"""


def build_from_host(engine: DockerClient, image: str, languages: tuple[str, ...]) -> int:
    """Import an image of this host's Python and the toolchains of `languages`; its bytes."""
    with tempfile.NamedTemporaryFile(suffix=".tar") as stream:
        with tarfile.open(fileobj=stream, mode="w") as archive:
            _fill(_Image(archive), languages)
        stream.flush()
        before = engine.images(name=image, quiet=True)
        answer = engine.import_image_from_file(stream.name, repository=image, tag="latest")
        size = os.path.getsize(stream.name)
    if "error" in answer.lower():
        raise SandboxFailureError(f"docker: the image was not imported: {answer[:300]}")
    for old in before:
        with contextlib.suppress(Exception):  # still in use, or the very same
            engine.remove_image(old)
    return size


def build_from_dockerfile(engine: DockerClient, image: str, dockerfile: Path) -> None:
    """Build an image where a registry or a base image is at hand."""
    steps = engine.build(
        path=str(dockerfile.parent), dockerfile=dockerfile.name, tag=image, decode=True, rm=True
    )
    for step in steps:
        if "error" in step:
            raise SandboxFailureError(f"{dockerfile}: {step['error'].strip()}")


class _Image:
    """A file system in the making: every file once, its folders before it, its links kept."""

    def __init__(self, archive: tarfile.TarFile) -> None:
        self._archive = archive
        self._names: set[str] = set()

    def add(self, source: str, target: str | None = None) -> None:
        """Put a host's file in, at its own place or another; a link with what it points to."""
        place = target or f"{os.path.realpath(os.path.dirname(source))}/{os.path.basename(source)}"
        if os.path.islink(source):
            real = os.path.realpath(source)
            self.link(place, real)
            self.add(real)
        elif os.path.isfile(source) and self._new(place):
            info = self._archive.gettarinfo(source, place.lstrip("/"))
            info.uid = info.gid = 0
            info.uname = info.gname = ""
            info.mode |= 0o555 if info.mode & 0o100 else 0o444
            info.type, info.linkname = tarfile.REGTYPE, ""
            with open(source, "rb") as stream:
                self._archive.addfile(info, stream)

    def text(self, place: str, data: bytes) -> None:
        """A file with this content."""
        if self._new(place):
            info = tarfile.TarInfo(place.lstrip("/"))
            info.size, info.mode = len(data), 0o644
            self._archive.addfile(info, io.BytesIO(data))

    def link(self, place: str, points_to: str) -> None:
        """A symbolic link."""
        if self._new(place):
            info = tarfile.TarInfo(place.lstrip("/"))
            info.type, info.linkname = tarfile.SYMTYPE, points_to
            self._archive.addfile(info)

    def folder(self, place: str) -> None:
        """An empty folder, open to every user."""
        if place.strip("/") and self._new(place):
            info = tarfile.TarInfo(place.lstrip("/"))
            info.type, info.mode = tarfile.DIRTYPE, 0o755
            self._archive.addfile(info)

    def _new(self, place: str) -> bool:
        if place in self._names:
            return False
        self._names.add(place)
        self.folder(os.path.dirname(place))
        return True


def _fill(image: _Image, languages: tuple[str, ...]) -> None:
    for name in ("bin", "lib", "lib64", "sbin"):
        if Path("/", name).is_symlink():
            image.link(f"/{name}", os.readlink(f"/{name}"))
    for folder in ("/tmp", "/proc", "/dev", "/sys", "/etc", "/usr/bin", SITE):
        image.folder(folder)
    python = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
    image.link("/usr/bin/python3", python)
    image.text("/etc/hosts", HOSTS)
    files = {python, *_python_library(), *filter(None, map(shutil.which, SHELL))}
    folders = [sysconfig.get_path("stdlib")]
    for language in languages:
        more, trees = TOOLCHAINS[language]()
        files |= more
        folders += trees
    files |= {name for folder in folders for name in _tree(Path(folder))}
    packages = [package for name in PACKAGES + SUITE for package in installed(name)]
    moved = {f: f"{SITE}/{p.name}{f.removeprefix(str(p))}" for p in packages for f in _tree(p)}
    programs = [f for f in (*files, *moved) if re.search(r"\.so(\.|$)", f) or os.access(f, os.X_OK)]
    for name in sorted(files.union(_libraries(programs))):
        image.add(name)
    for name, place in moved.items():
        image.add(name, place)


def _python_library() -> Iterator[str]:
    """The interpreter's own shared library, where it has one."""
    folder, name = sysconfig.get_config_var("LIBDIR"), sysconfig.get_config_var("INSTSONAME")
    if folder and name and Path(folder, name).exists() and ".so" in name:
        yield str(Path(folder, name))


def _tree(folder: Path) -> Iterator[str]:
    if folder.is_file():
        yield str(folder)
    for place, folders, names in os.walk(folder):
        folders[:] = [f for f in folders if f not in LEFT_OUT and not f.startswith("config-")]
        yield from (os.path.join(place, name) for name in names)


def _libraries(files: list[str]) -> Iterator[str]:
    """Shared libraries that programs and libraries load, and the loader itself."""
    for start in range(0, len(files), 200):
        done = subprocess.run(
            ["ldd", *files[start : start + 200]], capture_output=True, text=True, check=False
        )
        for found in re.finditer(r"(?:=> |^\s*)(/[^\s:]+) \(0x", done.stdout, re.MULTILINE):
            yield found.group(1)


def _cpp() -> tuple[set[str], list[str]]:
    """The C++ compiler's programs, start files, libraries and headers, as it names them itself."""
    compiler = _require("g++", "cpp")
    files = {compiler}
    for part in COMPILER_PARTS:
        found = shutil.which(_ask(compiler, f"-print-prog-name={part}"))
        files |= {found} if found else set()
    for name in COMPILER_FILES.split():
        found = _ask(compiler, f"-print-file-name={name}")
        files |= {os.path.normpath(found)} if os.path.isabs(found) else set()
    folder = os.path.dirname(_ask(compiler, "-print-libgcc-file-name"))
    names = os.listdir(folder)
    files |= {f"{folder}/{n}" for n in names if n.endswith((".o", ".a", ".so"))}
    probe = subprocess.run(
        [compiler, "-E", "-x", "c++", "-", "-v"],
        input="",
        capture_output=True,
        text=True,
        check=True,
    )
    listed = probe.stderr.partition("search starts here:")[2].partition("End of search")[0]
    return files, [os.path.normpath(line.strip()) for line in listed.splitlines() if "/" in line]


def _javascript() -> tuple[set[str], list[str]]:
    return {_require("node", "javascript")}, []


TOOLCHAINS = {"cpp": _cpp, "javascript": _javascript}


def _require(program: str, language: str) -> str:
    found = shutil.which(program)
    if found is None:
        raise InputError(f"{language}: this host has no {program} to put into the image")
    return found


def _ask(compiler: str, question: str) -> str:
    done = subprocess.run([compiler, question], capture_output=True, text=True, check=True)
    return done.stdout.strip()
