"""The stream: back-pressure, failures, and Ctrl-C."""

import asyncio
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import warm
from warm import Warm

from veritune.records import Candidate, Checkpoint, MathProblem, MathReference, Problem, Verdict
from veritune.rounds.candidate_queue import ROOM
from veritune.rounds.session import Session
from veritune.rounds.stream import VerificationStream
from veritune.store import Store
from veritune.store.folder import to_toml

POLICY = Checkpoint(path="", policy="p")
PROBLEMS = [
    MathProblem(id=f"p{i}", prompt="1+1", reference=MathReference(answer="2")) for i in range(200)
]


class Counting:
    """A source of candidates that counts what was taken from it, and may break."""

    def __init__(self, breaks_at: int | None = None) -> None:
        self.logprob_diff = None
        self.drawn = 0
        self.breaks_at = breaks_at

    def load(self, checkpoint: Checkpoint) -> None: ...

    def close(self) -> None: ...

    def sample(
        self, problems: Sequence[Problem], indices: Sequence[Sequence[int]], *, round: int
    ) -> Iterator[Candidate]:
        for problem, asked in zip(problems, indices, strict=True):
            for index in asked:
                if self.drawn == self.breaks_at:
                    raise OSError("the sampler broke")
                self.drawn += 1
                yield Candidate(problem_id=problem.id, index=index, text="2")


class Judge:
    """Passes everything, after looking at how far the source has run ahead."""

    def __init__(self, source: Counting, breaks_at: int | None = None) -> None:
        self.source, self.breaks_at = source, breaks_at
        self.verified = self.furthest = 0

    async def verify(self, problem: Problem, candidate: Candidate) -> Verdict:
        await asyncio.sleep(0.0005)
        self.furthest = max(self.furthest, self.source.drawn - self.verified)
        if self.verified == self.breaks_at:
            raise ZeroDivisionError("a verifier with a bug")
        self.verified += 1
        return Verdict(
            problem_id=problem.id, index=candidate.index, outcome="passed", score=1.0, reason=""
        )


async def fill(store: Store, source: Counting, judge: Judge, n: int) -> int:
    advanced = 0

    def advance(count: int = 1, **figures: float) -> None:
        nonlocal advanced
        advanced += count

    stream = VerificationStream(source, judge, store, at_once=4)
    await stream.fill("train/1", PROBLEMS, n, POLICY, advance)
    return advanced


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path) as store:
        store.add_problems("train", PROBLEMS)
        yield store


async def test_the_sampler_waits_for_a_slow_verifier(store: Store) -> None:
    source = Counting()
    judge = Judge(source)
    assert await fill(store, source, judge, 20) == 4000
    assert len(store.verified_keys("train/1")) == 4000
    assert judge.furthest <= ROOM + 4 + 2


async def test_what_is_there_is_not_drawn_again(store: Store) -> None:
    await fill(store, *(lambda s: (s, Judge(s)))(Counting()), n=2)
    source = Counting()
    assert await fill(store, source, Judge(source), 3) == 600
    assert source.drawn == 200


@pytest.mark.parametrize("part", ["sampler", "verifier"])
async def test_a_failure_ends_the_stream_and_keeps_what_was_verified(
    store: Store, part: str
) -> None:
    source = Counting(breaks_at=1000 if part == "sampler" else None)
    judge = Judge(source, breaks_at=500 if part == "verifier" else None)
    expected: type[Exception] = OSError if part == "sampler" else ZeroDivisionError
    async with asyncio.timeout(20):
        with pytest.raises(expected):
            await fill(store, source, judge, 20)
    assert len(store.verified_keys("train/1")) == judge.verified


class Stuck(Judge):
    """Gives no verdict on some."""

    async def verify(self, problem: Problem, candidate: Candidate) -> Verdict:
        if problem.id in {"p0", "p7"}:
            await asyncio.Event().wait()
        return await super().verify(problem, candidate)


async def test_a_stuck_verification_is_an_error_and_holds_nothing_up(store: Store) -> None:
    source = Counting()
    stream = VerificationStream(source, Stuck(source), store, at_once=4, patience=0.2)
    async with asyncio.timeout(60):
        await stream.fill("train/1", PROBLEMS, 2, POLICY, lambda count=1, **figures: None)
    assert store.outcomes("train/1") == {"passed": 396, "error": 4}
    reasons = {v.reason for _, _, v in store.verified("train/1") if v.outcome == "error"}
    assert reasons == {"the verifier gave no verdict within 0.2 s"}


class Waiting(Counting):
    """Draws nothing until it is closed, as one that is in the middle of long candidates."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.closed = threading.Event(), threading.Event()

    def close(self) -> None:
        self.closed.set()

    def sample(
        self, problems: Sequence[Problem], indices: Sequence[Sequence[int]], *, round: int
    ) -> Iterator[Candidate]:
        self.begun.set()
        self.closed.wait(60)
        yield from ()


async def test_calling_it_off_ends_a_long_draw(store: Store) -> None:
    source = Waiting()
    task = asyncio.create_task(fill(store, source, Judge(source), 1))
    await asyncio.to_thread(source.begun.wait, 60)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert source.closed.is_set()


@pytest.mark.slow
@pytest.mark.parametrize("during", ["warm start", "evaluation"])
def test_ctrl_c_ends_in_one_line_and_the_run_goes_on(tmp_path: Path, during: str) -> None:
    from test_loop import tiny

    path = tmp_path / "recipe.toml"
    path.write_text(to_toml(tiny(tmp_path, begun=False)))
    run = Warm("-m", "veritune", "run", path)
    config = tmp_path / "run" / "config.toml"
    while not ("warm start" in run.printed() if during == "evaluation" else config.exists()):
        assert run.poll() is None
        time.sleep(0.01)
    run.send(signal.SIGINT)
    assert run.wait() == 130
    assert run.said() == "veritune: stopped; run the same command again to resume\n"
    assert warm.run("-m", "veritune", "run", path).poll() == 0


class Patient(Judge):
    """Gives no verdict on a set's last candidates before another set is sampled."""

    def __init__(self, source: Counting, last: int) -> None:
        super().__init__(source)
        self.last = last

    async def verify(self, problem: Problem, candidate: Candidate) -> Verdict:
        while self.source.drawn <= self.last:
            await asyncio.sleep(0.001)
        return await super().verify(problem, candidate)


class Alone(Counting):
    """Breaks where two sets are sampled at the same time."""

    busy = False

    def sample(
        self, problems: Sequence[Problem], indices: Sequence[Sequence[int]], *, round: int
    ) -> Iterator[Candidate]:
        assert not self.busy
        self.busy = True
        yield from super().sample(problems, indices, round=round)
        self.busy = False


async def test_a_set_is_sampled_while_the_last_candidates_of_another_are_verified(
    store: Store,
) -> None:
    source = Alone()
    patient = Patient(source, last=len(PROBLEMS))
    session = Session(store=store, sampler=source, verifier=patient, at_once=4)
    async with asyncio.timeout(60):
        await asyncio.gather(
            session.fill("train/1", PROBLEMS, 1, POLICY),
            session.fill("train/2", PROBLEMS, 2, POLICY),
        )
    assert len(store.verified_keys("train/1")) == 200
    assert len(store.verified_keys("train/2")) == 400
