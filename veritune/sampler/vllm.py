"""Sampling with vLLM: one engine for the whole run, its weights changed in place every round."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from veritune.config import SamplerConfig
from veritune.errors import VerituneError
from veritune.records import Candidate, Checkpoint, Problem
from veritune.sampler.codec import Drawn
from veritune.sampler.identity import Gap, Scores, Witness, call_witness, check_scores
from veritune.sampler.lifeline import EngineDiedError, Leash
from veritune.sampler.requests import Plan
from veritune.sampler.vllm_engine import Engine

RESTARTS = 3
"""How often one call starts a new engine in place of one that died."""
CLOSE_SECONDS = 2.0
"""How long `close` waits for a step that is under way in another thread."""
AHEAD = 2
"""Batches of requests that vLLM holds: enough that it never runs dry."""
NO_POLICY = "the sampler has no policy yet; load a checkpoint first"
log = logging.getLogger("veritune")


class VllmSampler:
    """Draws candidates with vLLM, in a process beside this one.

    Every candidate is a request with a seed of its own, from (seed, round, problem id, index).
    vLLM computes a prompt's full cache blocks once for all that share them. `gap` tells how far
    engine and trainer are apart on a fixed probe batch since the last `load`.
    """

    def __init__(self, config: SamplerConfig, *, seed: int, dtype: str = "float32") -> None:
        self.config, self.seed = config, seed
        self.gap: Gap | None = None
        self._dtype = dtype
        self._witness: Witness | None = None
        self._engine: Engine | None = None
        self._leash: Leash | None = None
        self._busy, self._closed = threading.Lock(), threading.Event()

    def load(self, checkpoint: Checkpoint) -> None:
        """Put the weights of `checkpoint` in the engine, and prove that they are there.

        Raises `PolicyMismatchError` where engine and trainer disagree.
        """
        self._closed.clear()
        before, self._witness = self._witness, None
        witness = call_witness(checkpoint, self.config, self._dtype)
        mistakes = witness.mistakes
        if before is not None and before.checkpoint.policy != checkpoint.policy:
            mistakes[f"the policy before it, {before.checkpoint.policy}"] = before.scores
        with self._busy:
            try:
                self._engage(witness, mistakes)
            except EngineDiedError:
                self._engage_again(witness)
        self._witness = witness

    def check(self) -> Gap:
        """Score the probe batch once more; raises `PolicyMismatchError` as `load` does."""
        if self._witness is None:
            raise VerituneError(NO_POLICY)
        return self._check(self._witness, self._witness.mistakes)

    def sample(
        self, problems: Sequence[Problem], indices: Sequence[Sequence[int]], *, round: int
    ) -> Iterator[Candidate]:
        """Yield candidates as they finish: for `problems[i]`, those of `indices[i]`.

        An engine that dies is started again, and what was under way begins again with it.
        """
        if self._witness is None:
            raise VerituneError(NO_POLICY)
        witness = self._witness
        plan = Plan(self.seed, round, problems, indices, witness.codec)
        name, deaths = witness.checkpoint.policy, 0
        try:
            while plan.left and not self._closed.is_set():
                finished: list[Drawn] = []
                with self._busy:
                    try:
                        finished = self._advance(plan)
                    except EngineDiedError:
                        deaths += 1
                        plan.begin_again()
                        self._restart(deaths, plan.left, witness)
                yield from witness.codec.candidates(finished, problems, name, round)
        finally:
            with self._busy:
                self._rest(plan)

    def close(self) -> None:
        """End the engine; from another thread: also end what is being drawn or loaded."""
        self._closed.set()
        free = self._busy.acquire(timeout=CLOSE_SECONDS)
        if self._engine is not None and free:
            self._engine.close()
        if self._leash is not None:
            self._leash.pull()
        self._engine = self._witness = None
        if free:
            self._busy.release()

    def _engage(self, witness: Witness, mistakes: Mapping[str, Scores]) -> None:
        """Have an engine with the policy of `witness`: the one that runs, if it can take it."""
        if self._engine is not None and not self._engine.can_take(witness):
            self._engine.close()
            self._engine = None
        if self._engine is None:
            self._leash = Leash()
            self._engine = Engine(self.config, self._dtype, witness, self._leash)
        else:
            self._engine.wake()
            self._engine.take(witness)
        witness.codec.longest = min(witness.codec.longest, self._engine.longest)
        self._check(witness, mistakes)

    def _check(self, witness: Witness, mistakes: Mapping[str, Scores]) -> Gap:
        assert self._engine is not None
        self._engine.wake()
        scores = self._engine.scores(witness.probes)
        policy = witness.checkpoint.policy
        self.gap = check_scores(scores, witness.scores, mistakes, self._dtype, policy)
        return self.gap

    def _advance(self, plan: Plan) -> list[Drawn]:
        """Keep vLLM's own queue filled, and wait for what ends next."""
        assert self._engine is not None
        self._engine.wake()
        room = AHEAD * self.config.batch - len(plan.under_way)
        self._engine.add(plan.begin(room))
        ended = [each for each in self._engine.step() if each[0] in plan.under_way]
        return [plan.end(name, output) for name, output in ended]

    def _engage_again(self, witness: Witness) -> None:
        """The engine died while nothing was drawn, or the policy kills it."""
        try:
            self._restart(1, 0, witness)
        except EngineDiedError:
            why = self._last_words()
            raise VerituneError(
                f"{witness.checkpoint.path}: the vLLM engine dies of this policy ({why}); "
                "use the native sampler"
            ) from None

    def _last_words(self) -> str:
        return "no reason given" if self._engine is None else self._engine.last_words()

    def _restart(self, deaths: int, left: int, witness: Witness) -> None:
        if self._closed.is_set():
            return
        why = self._last_words()
        if deaths > RESTARTS:
            raise VerituneError(
                f"the vLLM engine died {deaths} times in one round with {left} candidates left "
                f"({why}); lower sampler.batch or sampler.gpu_memory, or use the native sampler"
            )
        log.warning(
            "the vLLM engine died (%s); starting it again, %d candidates are left", why, left
        )
        if self._engine is not None:
            self._engine.close()
            self._engine = None
        self._engage(witness, witness.mistakes)

    def _rest(self, plan: Plan) -> None:
        """Leave nothing in the engine, and the GPU to the trainer."""
        if self._engine is not None:
            with suppress(EngineDiedError):
                if plan.under_way:
                    self._engine.abort(list(plan.under_way))
                self._engine.sleep()
