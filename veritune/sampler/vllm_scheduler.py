"""vLLM's scheduler, telling of a sequence once, when it has ended, and not token by token.

Whoever samples whole candidates has no use for their tokens before. Telling of each costs more than
sampling it where the model is small: two processes pack and unpack it, on a CPU that vLLM needs.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from vllm.v1.core.sched.scheduler import Scheduler


class WholeSequences(Scheduler):  # type: ignore[misc]
    """Holds back what vLLM would send token by token. Stop strings are sought on the other side,
    in tokens that must reach it as they come: not for requests that have any.
    """

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self._held: dict[str, list[object]] = {}

    def update_from_output(self, *args: Any, **kwargs: Any) -> dict[int, Any]:
        """What vLLM's own returns, with those outputs only that end a sequence."""
        sent: dict[int, Any] = super().update_from_output(*args, **kwargs)
        for batch in sent.values():
            batch.outputs = self._ended(batch.outputs)
        return sent

    def finish_requests(self, request_ids: object, finished_status: object) -> object:
        """Also forget what was held of them."""
        finished = super().finish_requests(request_ids, finished_status)
        self._held = {id: held for id, held in self._held.items() if id in self.requests}
        return finished

    def _ended(self, outputs: Iterable[Any]) -> list[Any]:
        ended = []
        for output in outputs:
            if output.finish_reason is None:
                self._held.setdefault(output.request_id, []).append(output)
            else:
                ended.append(joined([*self._held.pop(output.request_id, ()), output]))
        return ended


def joined(outputs: list[Any]) -> Any:
    """All that was held of one sequence, as the first output with the end of the last."""
    first, last = outputs[0], outputs[-1]
    if first is last:
        return last
    first.new_token_ids = [id for output in outputs for id in output.new_token_ids]
    first.finish_reason, first.stop_reason = last.finish_reason, last.stop_reason
    told = [output.new_logprobs for output in outputs if output.new_logprobs is not None]
    if told:
        first.new_logprobs = told[0]._replace(
            logprob_token_ids=np.concatenate([one.logprob_token_ids for one in told]),
            logprobs=np.concatenate([one.logprobs for one in told]),
            sampled_token_ranks=np.concatenate([one.sampled_token_ranks for one in told]),
        )
    return first
