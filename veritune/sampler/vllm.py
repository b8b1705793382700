"""Sampling with vLLM: one engine for the whole run, its weights changed in place every round."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from veritune.config import SamplerConfig
from veritune.errors import PolicyMismatchError, VerituneError
from veritune.models import generation_settings
from veritune.records import Candidate, Checkpoint, Problem
from veritune.sampler.codec import SampledSequence
from veritune.sampler.columns import check_columns
from veritune.sampler.engine_client import EngineDiedError, ProcessGuard
from veritune.sampler.policy_probe import (
    LogprobDiff,
    PolicyProbe,
    Scores,
    build_policy_probe,
    check_content,
    check_scores,
)
from veritune.sampler.requests import RequestPlan
from veritune.sampler.vllm_engine import VllmEngine

# How often one call starts a new engine in place of one that died.
RESTARTS = 3
# How long `close` waits for a step that is under way in another thread.
CLOSE_SECONDS = 2.0
# Batches of requests that vLLM holds: enough that it never runs dry.
AHEAD = 2
NO_POLICY = "the sampler has no policy yet; load a checkpoint first"
log = logging.getLogger("veritune")


class VllmSampler:
    """Samples candidates with vLLM, in a process beside this one.

    Every candidate is a request with a seed of its own, from (seed, round, problem id, index).
    vLLM computes a prompt's full cache blocks once for all that share them. `logprob_diff` tells
    how far engine and trainer are apart on a fixed probe batch since the last `load`.
    """

    def __init__(self, config: SamplerConfig, *, seed: int, dtype: str = "float32") -> None:
        self.config, self.seed = config, seed
        self.logprob_diff: LogprobDiff | None = None
        self._dtype = dtype
        self._policy_probe: PolicyProbe | None = None
        self._engine: VllmEngine | None = None
        self._guard: ProcessGuard | None = None
        self._busy, self._closed = threading.Lock(), threading.Event()
        self._settings = b""

    def load(self, checkpoint: Checkpoint) -> None:
        """Put the weights of `checkpoint` in the engine, and prove that they are there.

        Nothing is read where they are there. An engine that was given weights and disagrees with
        the trainer is started anew, once; raises `PolicyMismatchError` where it still does.
        """
        self._closed.clear()
        before, self._policy_probe = self._policy_probe, None
        settings, self._settings = self._settings, generation_settings(checkpoint.path)
        same = before is not None and before.checkpoint.policy == checkpoint.policy
        if before is not None and same and settings == self._settings:
            check_content(checkpoint)
            self._policy_probe = before
            return
        policy_probe = build_policy_probe(checkpoint, self.config, self._dtype)
        mistakes = policy_probe.mistakes
        if before is not None and before.checkpoint.policy != checkpoint.policy:
            mistakes[f"the policy before it, {before.checkpoint.policy}"] = before.scores
        with self._busy:
            try:
                self._ensure_engine(policy_probe, mistakes)
            except EngineDiedError:
                self._recover(policy_probe)
        self._policy_probe = policy_probe

    def check(self) -> LogprobDiff:
        """Score the probe batch once more; raises `PolicyMismatchError` as `load` does."""
        if self._policy_probe is None:
            raise VerituneError(NO_POLICY)
        return self._check(self._policy_probe, self._policy_probe.mistakes)

    def sample(
        self, problems: Sequence[Problem], indices: Sequence[Sequence[int]], *, round: int
    ) -> Iterator[Candidate]:
        """Yield candidates as they finish: for `problems[i]`, those of `indices[i]`.

        An engine that dies is started again, and what was under way begins again with it.
        """
        if self._policy_probe is None:
            raise VerituneError(NO_POLICY)
        policy_probe = self._policy_probe
        plan = RequestPlan(self.seed, round, problems, indices, policy_probe.codec)
        name, deaths = policy_probe.checkpoint.policy, 0
        try:
            while plan.left and not self._closed.is_set():
                finished: list[SampledSequence] = []
                with self._busy:
                    try:
                        finished = self._advance(plan)
                    except EngineDiedError:
                        plan.begin_again()
                        deaths = self._revive(deaths, plan.left, policy_probe)
                yield from policy_probe.codec.candidates(finished, problems, name, round)
        finally:
            with self._busy:
                self._release(plan)

    def close(self) -> None:
        """End the engine; from another thread: also end what is being sampled or loaded."""
        self._closed.set()
        # Another thread may be in a step; the guard ends its engine then.
        free = self._busy.acquire(timeout=CLOSE_SECONDS)
        if self._engine is not None and free:
            self._engine.close()
        if self._guard is not None:
            self._guard.kill()
        self._engine = self._policy_probe = None
        if free:
            self._busy.release()

    def _ensure_engine(self, policy_probe: PolicyProbe, mistakes: Mapping[str, Scores]) -> None:
        """Have an engine with the policy of `policy_probe`: the one that runs, if it can take
        it."""
        if self._engine is not None and not self._engine.can_take(policy_probe):
            self._engine.close()
            self._engine = None
        if self._engine is not None:
            self._engine.wake()
            self._engine.take(policy_probe)
            try:
                self._check(policy_probe, mistakes)
            except PolicyMismatchError as error:
                log.warning("%s; starting the engine anew", error)
                self._engine.close()
                self._engine = None
        if self._engine is None:
            self._guard = ProcessGuard()
            self._engine = VllmEngine(self.config, self._dtype, policy_probe, self._guard)
            self._check(policy_probe, mistakes)
        # What fits in the engine's memory may be less than the model reads.
        policy_probe.codec.longest = min(policy_probe.codec.longest, self._engine.longest)

    def _check(self, policy_probe: PolicyProbe, mistakes: Mapping[str, Scores]) -> LogprobDiff:
        assert self._engine is not None
        self._engine.wake()
        scores = self._engine.scores(policy_probe.probes)
        self.logprob_diff = check_scores(scores, policy_probe, mistakes, self._dtype)
        policy = policy_probe.checkpoint.policy
        check_columns(self._engine.column_sums(policy), policy_probe.columns, policy)
        return self.logprob_diff

    def _advance(self, plan: RequestPlan) -> list[SampledSequence]:
        """Keep vLLM's own queue filled, and wait for what ends next."""
        assert self._engine is not None
        self._engine.wake()
        room = AHEAD * self.config.max_num_seqs - len(plan.under_way)
        self._engine.add(plan.begin(room))
        ended = [each for each in self._engine.step() if each[0] in plan.under_way]
        return [plan.end(name, output) for name, output in ended]

    def _recover(self, policy_probe: PolicyProbe) -> None:
        """The engine crashed while nothing was sampled, or this policy crashes it."""
        try:
            self._restart(1, 0, policy_probe)
        except EngineDiedError:
            why = self._last_error()
            raise VerituneError(
                f"{policy_probe.checkpoint.path}: the vLLM engine crashes on this policy ({why}); "
                "use the native sampler"
            ) from None

    def _revive(self, deaths: int, left: int, policy_probe: PolicyProbe) -> int:
        """Start an engine in place of one that died; how many have died by then."""
        while True:
            deaths += 1
            try:
                self._restart(deaths, left, policy_probe)
                return deaths
            except EngineDiedError:  # This one, too, and before it was asked for anything.
                continue

    def _last_error(self) -> str:
        return "no reason given" if self._engine is None else self._engine.last_error()

    def _restart(self, deaths: int, left: int, policy_probe: PolicyProbe) -> None:
        if self._closed.is_set():
            return
        why = self._last_error()
        # Counted by round: a crash a day is no reason to give up.
        if deaths > RESTARTS:
            raise VerituneError(
                f"the vLLM engine crashed {deaths} times in one round with {left} candidates left "
                f"({why}); lower sampler.max_num_seqs or sampler.gpu_memory_utilization, or use"
                " the native sampler"
            )
        log.warning(
            "the vLLM engine crashed (%s); restarting it, %d candidates are left", why, left
        )
        if self._engine is not None:
            self._engine.close()
            self._engine = None
        self._ensure_engine(policy_probe, policy_probe.mistakes)

    def _release(self, plan: RequestPlan) -> None:
        """Leave nothing in the engine, and the GPU to the trainer."""
        if self._engine is not None:
            with suppress(EngineDiedError):
                if plan.under_way:
                    self._engine.abort(list(plan.under_way))
                self._engine.sleep()
