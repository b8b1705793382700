"""Whole programs: Python in this process, anything else by exec."""

from __future__ import annotations

import atexit
import os
import sys
import types
from typing import TYPE_CHECKING

from .loading import int_digits, run_texts, standard_streams, write

if TYPE_CHECKING:
    from ..wire.messages import ProgramPayload


def run(payload: ProgramPayload) -> int:
    """Run a program whose standard streams stand ready; its exit code."""
    for name, text in payload["files"].items():
        write(name, bytes.fromhex(text))
        os.chmod(name, 0o700)
    if "argv" in payload:
        return _execute(payload["argv"], payload["environment"])
    int_digits(payload.get("int_digits"))
    return _python(payload["source"], payload["args"], own_file=payload["own_file"])


def _execute(argv: list[str], environment: dict[str, str]) -> int:
    """Become another program; where there is none, what a shell would say."""
    try:
        os.execvpe(argv[0], argv, environment)
    except OSError as error:
        os.write(2, f"{argv[0]}: {error.strerror}\n".encode(errors="replace"))
        return 127 if isinstance(error, FileNotFoundError) else 126


def _python(source: str, args: list[str], *, own_file: bool) -> int:
    main = types.ModuleType("__main__")
    main.__file__ = os.path.abspath("solution.py")
    main.__dict__["__builtins__"] = sys.modules["builtins"]
    sys.modules["__main__"] = main
    sys.argv = ["solution.py", *args]
    sys.path.insert(0, os.getcwd())
    standard_streams()
    if own_file:
        write("solution.py", source.encode(errors="surrogatepass"))
    code = 0
    try:
        run_texts([("solution.py", source)], vars(main))
        if "threading" in sys.modules:
            sys.modules["threading"]._shutdown()  # what a normal end waits for
        atexit._run_exitfuncs()
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
    except BaseException as error:
        import traceback

        trace = error.__traceback__
        traceback.print_exception(error.with_traceback(trace.tb_next if trace else None))
        code = 1
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:
        code = code or 1
    return code & 0xFF
