"""The grader's end of the channel to a candidate: what it asks, and how it takes the answers."""

from __future__ import annotations

import _thread
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NoReturn, cast

from ..wire import codec, frames
from ..wire.decoder import ValueDecoder
from ..wire.encoder import Encoder, TooDeepError
from ..wire.files import Tree
from . import equality, events
from .exposed import Exposed
from .inward import STOPPING, Inward
from .proxies import SEES_OPERAND
from .shown import shown

if TYPE_CHECKING:
    from typing import Unpack

    from ..wire.messages import Answer, Callback, Container, Encoded, GraderRequest, Target

# Both ways, for one candidate: a loop that only talks costs the grader time, not the candidate.
MAX_FRAMES = 2_000_000
# Copies are made at the tests' wish: what comes back is an object that they made.
MAKING = frozenset({"copy", "deepcopy"})
# Requests that run nothing of the candidate's: tests that make no other prove nothing.
SILENT = frozenset({"name", "describe", "module", "dir", "signature", "flags", "subclass", "raw"})


class LostError(BaseException):
    """The candidate is gone, or broke the protocol: no test that needs it can pass any more."""


class UnsupportedError(BaseException):
    """A value that cannot cross to the candidate; says nothing about the candidate."""


class Channel(Inward):
    """Sends requests, takes strictly checked answers. Once lost, it stays lost.

    `asked`: handles of the classes that the tests named; `has_reference`: whether a reference
    solution says what its classes define; `given`: handles of objects that the tests did not make
    themselves; `doubts`: why the verdict is at lower trust.
    """

    def __init__(
        self,
        fd: int,
        *,
        numpy: bool,
        reference: Callable[[str], type | None] | None = None,
        streams: bool = False,
        tree: Tree | None = None,
    ) -> None:
        super().__init__()
        self._fd = fd
        self._numpy = numpy
        self._next_id = 0
        self._reference = reference
        self._lock = _thread.RLock()
        self.exposed = Exposed(self, streams=streams)
        self._tree = tree
        self.has_reference = reference is not None
        self.asked: set[int] = set()
        self.work = 0
        self.changed = False
        self._frames = 0
        self.lost = ""
        self.unsupported = ""
        self.doubts: list[str] = []
        self.last: tuple[int, Sequence[object], dict[str, object] | None] | None = None

    def loaded(self) -> BaseException | None:
        """Wait for the candidate to load; the exception that it raised, if it did."""
        while "call" in (frame := self._receive()):
            self._call_back(frame)
        if frame.get("id") != 0 or not {"ok", "exc"} & set(frame):
            self.lose("its first frame is no report of how it loaded")
        try:
            events.replay(frame.get("events", []))
            return self.error(frame["exc"]) if "exc" in frame else None
        except Exception as problem:
            self.lose(f"a malformed report of how it loaded: {problem}"[:300])

    def ask(
        self,
        op: str,
        args: Sequence[object] = (),
        kwargs: dict[str, object] | None = None,
        **rest: Unpack[Target],
    ) -> object:
        """One request and its answer; raises what the candidate raised."""
        if self.lost:
            raise LostError(self.lost)
        self.work += op not in SILENT
        if rest.get("name") == "__call__":
            self.last = (rest["on"], args, kwargs)
        encoder = self.encoder()
        try:
            sent = [encoder.encode(a) for a in args]
            named = {k: encoder.encode(v) for k, v in (kwargs or {}).items()}
        except (TypeError, TooDeepError) as error:
            self.refuse(str(error))
        with self._lock:
            self.stopping = op in STOPPING or rest.get("name") in STOPPING
            self._next_id += 1
            number = self._next_id
            whole = {"id": number, "op": op, "args": sent, "kwargs": named, **rest}
            request = cast("GraderRequest", whole)
            if self.live.held:
                request["held"] = self.live.changes(self.encoder())
                request["free"] = self.live.unheld()
            if self._tree is not None:
                self._tree.show([*args, *(kwargs or {}).values()])
                request["around"] = self._tree.surroundings()
                request["files"] = self._tree.changes()
            self._send(request)
            while "call" in (frame := self._receive()):
                self._call_back(frame)
        if frame.get("id") != number:
            self.lose("an answer to no question")
        making = op in MAKING or self._makes(rest.get("on"), rest.get("name"))
        result = self._outcome(frame, encoder.kept, self.object_made if making else self.inside)
        if self.contents:
            self.refresh()
        return result

    def encoder(self) -> Encoder:
        """An encoder of what goes to the candidate."""
        known = self.live.tags() if self.live.held else None
        return Encoder(self.exposed.outside, known, numpy=self._numpy, early=self.exposed.early)

    def _makes(self, on: int | None, name: str | None) -> bool:
        """Whether a request has the tests make an object: by a class's name, or an operator."""
        if name == "__call__":
            return on in self.asked
        return name in SEES_OPERAND and on not in self.given

    def lose(self, why: str) -> NoReturn:
        """Give the candidate up for good."""
        self.lost = self.lost or why
        raise LostError(self.lost)

    def refuse(self, why: str) -> NoReturn:
        """Give the test up: it needs what cannot cross."""
        self.unsupported = self.unsupported or why
        raise UnsupportedError(self.unsupported)

    def doubt(self, why: str) -> None:
        """Note why the verdict is at lower trust."""
        if why not in self.doubts:
            self.doubts.append(why)

    def take_reference(self, reference: Callable[[str], type | None]) -> None:
        """Have a reference solution say what its classes define."""
        self._reference, self.has_reference = reference, True

    def call_shown(self) -> str:
        """The last call of a function of the candidate's, as text; it may be hostile."""
        if self.last is None:
            return ""
        on, args, kwargs = self.last
        name = getattr(self._proxies.get(on), "__name__", "")
        words = [shown(a) for a in args] + [f"{k}={shown(v)}" for k, v in (kwargs or {}).items()]
        return f"{name}({', '.join(words)})"[:500]

    def reference_class(self, name: str) -> type | None:
        """The class of this name in the reference solution, where there is one."""
        return self._reference(name) if self._reference is not None else None

    def equal(self, left: object, right: object) -> bool:
        """Whether an object of the candidate's equals anything, decided on this side."""
        return equality.equal(left, right)

    def doubt_combination(self, target: object, name: str, operand: object, result: object) -> None:
        """Look at what an operator gives for other operands, too."""
        equality.doubt_combination(target, name, operand, result)

    def _outcome(
        self, frame: Answer, sent: list[object], inside: Callable[[str, Encoded], object]
    ) -> object:
        try:
            self._take_held(frame)
            decoder = ValueDecoder(inside, sent, numpy=self._numpy)
            result = decoder.decode(frame["ok"]) if "ok" in frame else None
            if frame.get("live"):
                self.live.add(frame["live"], decoder.made)
            error = None if "ok" in frame else self.error(frame["exc"])
            self._take_changes(frame.get("changed", []), decoder, sent)
            if frame.get("kept"):
                self.live.add(frame["kept"], cast("list[Container]", sent))
        except Exception as problem:
            self.lose(f"a malformed answer: {problem}"[:300])
        if self._tree is not None and "files" in frame:
            self._tree.apply(frame["files"], trusted=False)
        if "events" in frame:
            events.replay(frame["events"])
        if error is not None:
            raise error
        return result

    def _take_held(self, frame: Answer | Callback) -> None:
        if self.live.held and "held" in frame:
            self.changed = True
            self.live.apply(frame["held"], ValueDecoder(self.inside, numpy=self._numpy))

    def _take_changes(
        self, changes: list[list[Encoded]], decoder: ValueDecoder, sent: list[object]
    ) -> None:
        if type(changes) is not list:
            raise codec.MalformedError("changes that are no list")
        for number, content in changes:
            if type(number) is not int or not 0 <= number < len(sent):
                raise codec.MalformedError("a change of no argument")
            self.changed = True
            codec.replace_contents(sent[number], decoder.decode(content))

    def _call_back(self, frame: Callback) -> None:
        """Do what the candidate asks of what it was passed."""
        self._count()
        try:
            self._take_held(frame)
            decoder = ValueDecoder(self.inside, numpy=self._numpy)
            args = [decoder.decode(a) for a in frame["args"]]
            kwargs = {str(k): decoder.decode(v) for k, v in frame["kwargs"].items()}
            number, op = frame["call"], frame.get("op", "call")
            events.replay(frame.get("events", []))
        except Exception as problem:
            self.lose(f"a malformed call: {problem}"[:300])
        try:
            found = self.exposed.do(number, op, args, kwargs)
            reply: Answer = {"ok": self.encoder().encode(found)}
        except Exception as error:
            reply = {"exc": self.exposed.raised(error)}
        if self.live.held:
            reply["held"] = self.live.changes(self.encoder())
        self._send(reply)

    def _count(self) -> None:
        self._frames += 1
        if self._frames > MAX_FRAMES:
            self.lose(f"more than {MAX_FRAMES} frames")

    def _send(self, frame: GraderRequest | Answer) -> None:
        self._count()
        try:
            frames.write(self._fd, frames.dumps(frame))
        except OSError:
            self.lose("its process has ended")

    def _receive(self) -> Answer | Callback:
        try:
            data = frames.read(self._fd, frames.MAX_FRAME)
            frame = None if data is None else frames.loads(data)
        except (frames.BrokenFrameError, MemoryError) as problem:
            self.lose(str(problem) or "an answer that takes too much memory")
        except OSError:
            frame = None
        if frame is None:
            self.lose("its process has ended")
        if not isinstance(frame, dict):
            self.lose("a frame that is no object")
        return cast("Answer | Callback", frame)
