"""The candidate's side: loads the candidate and answers the grader's calls.

Everything here may be taken over by the candidate; the grader trusts none of it. A request is
`{"id", "op", ...}`; the answer is `{"id", "ok": value}` or `{"id", "exc": ...}`, with `"changed"`
where containers among the arguments were changed in place, and `"events"` where the tests look at
output. While a request runs, the candidate may call what it was passed: `{"call": n, "args",
"kwargs"}`, answered in the same way.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from ..wire import codec, frames
from ..wire.decoder import ValueDecoder
from ..wire.files import SUITE, Tree, surround
from . import loading, passed, raising
from .loading import MODULE
from .performing import Performer
from .streams import Recorder, mirror

if TYPE_CHECKING:
    from ..wire.messages import (
        Answer,
        Call,
        Callback,
        Container,
        Encoded,
        GraderRequest,
        PassedError,
        Payload,
    )

__all__ = ["MODULE", "answer"]

# The keys that every payload has: the sources and whether numpy's values cross.
PLAIN = 2


def answer(channel: int, payload: Payload) -> int:
    """Load the candidate, then answer requests until the grader hangs up."""
    answerer = Answerer(channel, payload)
    answerer.load(payload)
    while answerer.step():
        pass
    return 0


def _surround(payload: Payload) -> None:
    """Put in place what a candidate finds beside its own text."""
    if payload.get("suite"):
        os.makedirs(SUITE, exist_ok=True)
        os.chdir(SUITE)
    for name, text in payload.get("files", {}).items():
        loading.write(name, text)
    if payload.get("files") or payload.get("suite"):
        sys.path.insert(0, os.getcwd())
    if payload.get("own_file"):
        text = payload["sources"][-1][1]
        loading.write(f"{MODULE}.py", text.encode(errors="surrogatepass"))
    passed.exact = bool(payload.get("exact"))
    loading.int_digits(payload.get("int_digits"))


class Answerer:
    """The channel, and what is done about each request."""

    def __init__(self, channel: int, payload: Payload) -> None:
        self._channel = channel
        self._recorder = Recorder() if payload.get("mirror") else None
        self._performer = Performer(self._call, numpy=payload["numpy"])
        self._tree = Tree(frozenset(payload.get("kept", ()))) if payload.get("tree") else None
        if self._recorder is not None:
            mirror(self._recorder, self._ask_stream)

    def load(self, payload: Payload) -> None:
        """Run the candidate's text; the first frame says how that went."""
        frame: Answer = {"id": 0}
        sources, package = payload["sources"], None
        try:
            if len(payload) > PLAIN:
                _surround(payload)
            module = loading.new_module()
            if "aliases" in payload:
                package = loading.name_also(module, payload["aliases"])
            if package is None:
                loading.run_texts(sources, vars(module))
            else:
                loading.run_as(package, module, sources)
            frame["ok"] = None
        except BaseException as error:
            frame["exc"] = raising.exception(self._performer, error)
        self._note(frame)
        self._send(frame)

    def step(self) -> bool:
        """Answer one request; False when there are no more."""
        request = self._receive()
        if request is None or "op" not in request:
            return False
        self._answer(request)
        return True

    def _answer(self, request: GraderRequest) -> None:
        decoder = ValueDecoder(self._performer.inside)
        before: list[list[object] | bytes] = []
        reply: Answer = {"id": request["id"]}
        live = self._performer.live
        limit = sys.getrecursionlimit()
        if self._tree is not None:
            self._tree.apply(request.get("files", []), trusted=True)
            surround(request.get("around", {}))
        try:
            sys.setrecursionlimit(limit + codec.DEEP)
            if "held" in request:
                self._take(request["held"])
            if "free" in request:
                live.forget(request["free"])
            operands = [decoder.decode(a) for a in request.get("args", ())]
            named = {k: decoder.decode(v) for k, v in request.get("kwargs", {}).items()}
            before = [codec.snapshot(c) for c in decoder.made]
            sys.setrecursionlimit(limit)
            result = self._performer.perform(request, operands, named)
            limit = sys.getrecursionlimit()
            sys.setrecursionlimit(limit + codec.DEEP)
            if live.held:
                self._tell(reply)
            encoder = self._performer.encoder(decoder.made)
            reply["ok"] = encoder.encode(result)
            if encoder.kept and self._performer.is_live(request, result):
                reply["live"] = live.number(cast("list[Container]", encoder.kept))
            if decoder.made and self._performer.keeps(request, operands, named):
                reply["kept"] = live.number(decoder.made)
        except BaseException as error:
            limit = min(limit, sys.getrecursionlimit())
            sys.setrecursionlimit(limit + codec.DEEP)
            if live.held:
                self._tell(reply)
            encoder = self._performer.encoder(decoder.made)
            reply["exc"] = raising.exception(self._performer, error)
        changed = [
            [number, encoder.contents(container)]
            for number, (container, was) in enumerate(zip(decoder.made, before, strict=False))
            if not codec.unchanged(container, was)
        ]
        if changed:
            reply["changed"] = changed
        self._note(reply)
        if self._tree is not None:
            reply["files"] = self._tree.changes()
        try:
            data = frames.dumps(reply)
            if len(data) > frames.MAX_FRAME:
                raise OverflowError(f"an answer larger than {frames.MAX_FRAME >> 20} MB")
        except (MemoryError, OverflowError) as error:
            data = frames.dumps(
                {"id": request["id"], "exc": raising.exception(self._performer, error)}
            )
        sys.setrecursionlimit(limit)
        frames.write(self._channel, data)

    def _note(self, reply: Answer | Callback) -> None:
        """Flush what was printed, and add what the tests look at."""
        if self._recorder is None:
            try:
                sys.stdout.flush()
            except BaseException:
                return
        elif events := self._recorder.take():
            reply["events"] = events

    def _take(self, held: list[list[Encoded]]) -> None:
        """Take over what the tests did to containers of the candidate's."""
        self._performer.live.apply(held, ValueDecoder(self._performer.inside))

    def _tell(self, message: Answer | Callback) -> None:
        """Say which containers that the tests hold have changed."""
        live = self._performer.live
        if live.held and (changes := live.changes(self._performer.encoder([]))):
            message["held"] = changes

    def _ask_stream(self, op: str, args: Sequence[object]) -> object:
        return self._call({"call": -1, "op": op, "args": args, "kwargs": {}})

    def _call(self, call: Call) -> object:
        """Have the tests' side do something; raises what that raised."""
        encoder = self._performer.encoder([])
        request: Callback = {
            "call": call["call"],
            "op": call.get("op", "call"),
            "args": [encoder.encode(a) for a in call["args"]],
            "kwargs": {k: encoder.encode(v) for k, v in call["kwargs"].items()},
        }
        with self._performer.lock:
            self._note(request)
            self._tell(request)
            self._send(request)
            while (reply := self._receive()) is not None and "op" in reply:
                self._answer(reply)
        if reply is None:
            os._exit(0)
        if "held" in reply:
            self._take(reply["held"])
        decoder = ValueDecoder(self._performer.inside)
        if "exc" in reply:
            raise raising.raised(self._performer, cast("PassedError", reply["exc"]))
        return decoder.decode(reply["ok"])

    def _send(self, frame: Answer | Callback) -> None:
        frames.write(self._channel, frames.dumps(frame))

    def _receive(self) -> GraderRequest | Answer | None:
        data = frames.read(self._channel, frames.MAX_JOB)
        if data is None:
            return None
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(limit + codec.DEEP)
        try:
            found: GraderRequest | Answer = frames.loads(data)
            return found
        finally:
            sys.setrecursionlimit(limit)
