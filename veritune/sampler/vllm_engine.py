"""A vLLM engine in a process of its own, whose weights are changed in place."""

from __future__ import annotations

import itertools
import os
import re
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from veritune.config import SamplerConfig
from veritune.errors import ModelError, VerituneError
from veritune.models import model_folder, model_shape
from veritune.records import Checkpoint
from veritune.sampler.columns import ColumnSum
from veritune.sampler.engine_client import EngineClient, EngineDiedError, ProcessGuard
from veritune.sampler.policy_probe import PolicyProbe
from veritune.sampler.requests import Request

# Adapter numbers are never used again: vLLM keeps what it once loaded under a number.
ADAPTERS = itertools.count(1)
# vLLM then takes the longest context that its memory has room for.
AS_LONG_AS_FITS = -1
# Tokens of a cache block on a CPU. vLLM's own 128 there hold more than most prompts, and it is
# whole blocks that the candidates of a problem share.
CPU_BLOCK = 32
# By its path: vLLM imports it in the engine's own process.
WHOLE_SEQUENCES = "veritune.sampler.vllm_scheduler.WholeSequences"
OUR_WORKER = "veritune.sampler.vllm_worker.PolicyWorker"
# Keys and values of vLLM on a CPU, unless VLLM_CPU_KVCACHE_SPACE says otherwise.
CPU_CACHE_GB = "2"


class VllmEngine:
    """One engine and the policy in it. Every method may raise `EngineDiedError`."""

    def __init__(
        self, config: SamplerConfig, dtype: str, policy_probe: PolicyProbe, guard: ProcessGuard
    ) -> None:
        """Start a process that runs the policy of `policy_probe`, watched by `guard`."""
        os.environ.setdefault("VLLM_LOGGING_LEVEL", "ERROR")  # Before vLLM is imported.
        os.environ.setdefault("VLLM_LOGGING_STREAM", "ext://sys.stderr")
        os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", CPU_CACHE_GB)
        codec = policy_probe.codec
        self._config, self._eos = config, sorted(codec.eos)
        self._base, self._rank = policy_probe.base, policy_probe.rank
        self._targets = policy_probe.targets
        self._adapter: Any = None
        self._asleep = False
        self._files = TemporaryDirectory(prefix="veritune-vllm-")
        options: dict[str, Any] = {"worker_extension_cls": OUR_WORKER}
        if policy_probe.rank:
            options |= {"enable_lora": True, "max_lora_rank": policy_probe.rank}
            # Without them vLLM puts adapters on the head, too, which its CPU build cannot compute.
            options["lora_target_modules"] = sorted(policy_probe.targets)
        if config.tensor_parallel_size > 1:
            options["tensor_parallel_size"] = config.tensor_parallel_size
            # In an actor of Ray vLLM would look for GPUs of its own in the cluster.
            options["distributed_executor_backend"] = "mp"
        if not _has_gpu():
            options["block_size"] = CPU_BLOCK
        # Stop strings are sought in text, which needs the tokens as they come.
        if not _has_gpu() and not config.stop:
            options["scheduler_cls"] = WHOLE_SEQUENCES
        if config.stop:
            # In a folder without a config.json, so that vLLM loads it as what it is.
            codec.tokenizer.save_pretrained(self._files.name)
            options["tokenizer"] = self._files.name
        self._guard, self._log = guard, Path(self._files.name) / "log"
        with guard.holding(), _stderr_in(self._log):
            self._llm = self._start(str(policy_probe.base), dtype, options)
        from vllm.v1.engine.exceptions import EngineDeadError

        self._engine = self._llm.llm_engine
        self.longest = int(self._llm.model_config.max_model_len)
        self._client = EngineClient(guard.held, EngineDeadError)
        if policy_probe.rank:
            self.take(policy_probe)

    def can_take(self, policy_probe: PolicyProbe) -> bool:
        """Whether the weights of `policy_probe` fit in this process."""
        if policy_probe.rank:
            fits = policy_probe.rank <= self._rank and policy_probe.targets <= self._targets
            return fits and policy_probe.base == self._base
        return self._rank == 0 and model_shape(policy_probe.base) == model_shape(self._base)

    def take(self, policy_probe: PolicyProbe) -> None:
        """Run the policy of `policy_probe` from now on, and forget the prefixes of the one before.

        Nothing may be under way.
        """
        self._client.call(lambda: self._take(policy_probe))

    def scores(self, probes: Sequence[Sequence[int]]) -> list[list[float]]:
        """Log-probability of each probe token after the first."""
        params = _vllm().SamplingParams(
            max_tokens=1, prompt_logprobs=0, detokenize=False, temperature=0
        )
        prompts = [{"prompt_token_ids": list(probe)} for probe in probes]
        outputs = self._client.call(
            lambda: self._llm.generate(prompts, params, lora_request=self._adapter, use_tqdm=False)
        )
        return [
            [
                scored[id].logprob
                for id, scored in zip(probe[1:], output.prompt_logprobs[1:], strict=True)
            ]
            for probe, output in zip(probes, outputs, strict=True)
        ]

    def column_sums(self, seed: str) -> list[ColumnSum]:
        """Checksums of the weights as they stand in the engine; none where they lie in shards."""
        found = self._client.call(lambda: self._llm.collective_rpc("column_sums", args=(seed,)))
        return [(list(names), str(total)) for names, total in found[0]] if len(found) == 1 else []

    def add(self, requests: Sequence[Request]) -> None:
        """Begin sequences; vLLM shares the prompt with others that begin alike."""

        def begin() -> None:
            for request in requests:
                self._add(request)

        self._client.call(begin)

    def step(self) -> Iterator[tuple[str, Any]]:
        """(name, vLLM's completion) of the sequences that ended meanwhile."""
        outputs = self._client.call(self._engine.step)
        for output in outputs:
            if output.finished:
                yield output.request_id, output.outputs[0]

    def abort(self, names: Sequence[str]) -> None:
        """Forget sequences that are under way."""
        self._client.call(lambda: self._engine.abort_request(list(names)))

    def sleep(self) -> None:
        """On a GPU, leave its memory to the trainer until `wake`."""
        if _has_gpu() and not self._asleep:
            self._client.call(lambda: self._llm.sleep(level=1))
            self._asleep = True

    def wake(self) -> None:
        """Take the GPU's memory back."""
        if self._asleep:
            self._client.call(self._llm.wake_up)
            self._asleep = False

    def last_error(self) -> str:
        """The last error that the process logged, or its exit code."""
        # An exit code of 0 is no reason.
        ends = [end for process in self._guard.held if (end := process.exitcode)]
        return _last_error(self._log) or (f"exit code {ends[0]}" if ends else "no reason given")

    def close(self) -> None:
        """End the process."""
        self._client.close()
        self._engine.engine_core.shutdown()
        self._guard.kill()
        self._files.cleanup()

    def _start(self, model: str, dtype: str, options: dict[str, Any]) -> Any:
        llm = _vllm().LLM
        try:
            return llm(
                model=model,
                dtype=dtype,
                max_num_seqs=self._config.max_num_seqs,
                max_model_len=AS_LONG_AS_FITS,
                gpu_memory_utilization=self._config.gpu_memory_utilization,
                enforce_eager=not _has_gpu(),
                enable_sleep_mode=_has_gpu(),
                enable_prefix_caching=True,
                # vLLM 0.32 on a CPU crashes on a prompt in chunks whose request has a seed.
                enable_chunked_prefill=None if _has_gpu() else False,
                use_tqdm_on_load=False,
                skip_tokenizer_init=not self._config.stop,
                logprobs_mode="raw_logprobs",
                **options,
            )
        except Exception as error:
            ends = {process.exitcode for process in self._guard.held}
            if -signal.SIGKILL in ends or _lost_a_worker(self._log):
                self._guard.kill()
                raise EngineDiedError("the engine's process was killed as it started") from None
            self._guard.kill()
            cause = _last_error(self._log) or str(error).strip().partition("\n")[0][:200]
            raise ModelError(f"{model}: vLLM cannot run this model ({cause})") from None

    def _add(self, request: Request) -> None:
        from vllm.sampling_params import RequestOutputKind

        config = self._config
        params = _vllm().SamplingParams(
            temperature=config.temperature,
            top_p=config.top_p,
            top_k=config.top_k,
            min_p=config.min_p,
            seed=request.seed,
            max_tokens=request.limit,
            stop=list(config.stop) or None,
            stop_token_ids=self._eos,
            logprobs=0,
            flat_logprobs=True,
            detokenize=bool(config.stop),
            output_kind=RequestOutputKind.FINAL_ONLY,
        )
        prompt = {"prompt_token_ids": request.prompt}
        self._engine.add_request(request.name, prompt, params, lora_request=self._adapter)

    def _take(self, policy_probe: PolicyProbe) -> None:
        if policy_probe.rank:
            self._take_adapter(policy_probe.checkpoint)
        else:
            self._drop_adapter()
            self._llm.collective_rpc(
                "reload_weights", kwargs={"weights_path": str(policy_probe.base)}
            )
            self._llm.collective_rpc("pack_heads")
            self._base = policy_probe.base
        if not self._llm.reset_prefix_cache():
            raise VerituneError("vLLM would not forget the prefixes of the policy before")

    def _take_adapter(self, checkpoint: Checkpoint) -> None:
        from vllm.lora.request import LoRARequest

        number = next(ADAPTERS)
        folder = model_folder(checkpoint.path)
        # Its name is the policy's with the number, since vLLM also looks names up.
        adapter = LoRARequest(f"{checkpoint.policy}-{number}", number, str(folder))
        self._drop_adapter()
        if not self._engine.add_lora(adapter):
            raise ModelError(f"{folder}: vLLM cannot run this adapter")
        self._adapter = adapter

    def _drop_adapter(self) -> None:
        if self._adapter is not None:
            self._engine.remove_lora(self._adapter.lora_int_id)
            self._adapter = None


@contextmanager
def _stderr_in(log: Path) -> Iterator[None]:
    """What is written to standard error meanwhile, and by processes begun meanwhile ever after."""
    sys.stderr.flush()
    kept = os.dup(2)
    with log.open("ab") as stream:
        os.dup2(stream.fileno(), 2)
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(kept, 2)
        os.close(kept)


def _lost_a_worker(log: Path) -> bool:
    """Whether the engine lost a process of its own that had said nothing of a fault."""
    text = log.read_text(errors="replace")
    return "WorkerProc initialization failed" in text and "WorkerProc failed to start" not in text


def _last_error(log: Path) -> str:
    """The last line of a log that tells of an error, without the engine's own prefixes."""
    found = re.findall(r"\b\w*(?:Error|Exception): .+", log.read_text(errors="replace"))
    told = [line for line in found if "see root cause above" not in line.lower()]
    return str(told[-1][:200]) if told else ""


def _vllm() -> Any:
    try:
        import vllm
    except ImportError as error:
        raise ModelError(
            f"sampler.type is 'vllm', and vLLM cannot be imported ({error}); "
            "pip install 'veritune[vllm]', or use sampler.type = 'native'"
        ) from None
    return vllm


def _has_gpu() -> bool:
    import torch

    return bool(torch.cuda.is_available())
