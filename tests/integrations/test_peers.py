"""Every adapter gives the verdicts of `veritune verify`, each called by its peer's own code."""

from __future__ import annotations

import asyncio
import inspect
import math
from pathlib import Path
from types import SimpleNamespace

import pytest
from prime_traces import scored
from shared_candidates import CANDIDATES, PROBLEMS, ROWS, TEXTS, scores

from veritune.errors import InputError, SandboxFailureError
from veritune.integrations import inspect_ai, lm_eval, openrlhf, trl, verifiers, verl

# A reference that cannot be read: a verifier error.
BROKEN = {"prompt": "?", "answer": " 3 + "}


@pytest.fixture(scope="module", autouse=True)
def _verified_before_any_loop_runs() -> None:
    scores()


def columns(rows: list[dict[str, object]]) -> dict[str, list[object]]:
    return {name: [row[name] for row in rows] for name in rows[0] if name != "prompt"}


def test_trl() -> None:
    prompts = [row["prompt"] for row in ROWS]
    # TRL 1.16 passes these beside the data set's columns.
    extra = {"completion_ids": [], "trainer_state": None, "log_extra": print, "log_metric": print}
    assert trl.reward()(prompts=prompts, completions=TEXTS, **columns(ROWS), **extra) == scores()
    ids = [candidate.problem_id for candidate in CANDIDATES]
    by_id = trl.reward(PROBLEMS)(prompts=prompts, completions=TEXTS, problem_id=ids)
    assert by_id == scores()
    chats = [[{"role": "assistant", "content": text}] for text in TEXTS[:20]]
    found = trl.reward()(prompts=prompts[:20], completions=chats, **columns(ROWS[:20]))
    assert found == scores()[:20]
    with pytest.raises(InputError, match="column 'answer' has 1 values for 2 completions"):
        trl.reward()(prompts=["?"] * 2, completions=["1"] * 2, answer=["1"])
    assert trl.reward()([], []) == []


def test_trl_knows_both_forms() -> None:
    utils = pytest.importorskip("trl.trainer.utils", reason="TRL is not installed")
    assert not utils.is_async_callable(trl.reward())
    assert utils.is_async_callable(trl.reward(asynchronous=True))
    assert utils.get_callable_name(trl.reward()) == "verified"


def truth(row: dict[str, object]) -> object:
    """As a row of verl's has it: an answer, or tests."""
    return row["answer"] or {"test_list": row["test_list"]}


def test_verl_functions() -> None:
    batch = verl.reward(form="batch")(
        data_sources=["mine"] * len(TEXTS),
        solution_strs=TEXTS,
        ground_truths=list(map(truth, ROWS)),
        extra_infos=[{}] * len(TEXTS),
    )
    assert [one["score"] for one in batch] == scores()
    one = verl.reward(form="sync")
    assert not inspect.iscoroutinefunction(one) and inspect.iscoroutinefunction(verl.reward())
    extra = {"num_turns": None, "rollout_reward_scores": {}}
    right = one("openai/gsm8k", "so\n#### 42", "42", extra, reward_router_address=None)
    assert (right["score"], right["acc"]) == (1.0, 1.0)
    assert one("openai/gsm8k", "\\boxed{43}", "42", extra)["score"] == 0.0
    known = verl.reward(PROBLEMS, form="sync")
    assert known("mine", "\\boxed{0.25}", "1/4", {"problem_id": "m1"})["score"] == 1.0
    with pytest.raises(InputError, match="mine: disagrees with the known problem 'm1'"):
        known("mine", "\\boxed{0.25}", "3/4", {"problem_id": "m1"})
    with pytest.raises(InputError, match="mine: no problem_id"):
        known("mine", "1", "1")
    with pytest.raises(InputError, match="form: expected one of async, sync, batch"):
        verl.reward(form="async_")  # type: ignore[call-overload, arg-type]
    with pytest.raises(InputError, match="scored by a quoted target"):
        one("searchR1_nq", "Paris", {"target": ["Paris"]})
    with pytest.raises(SandboxFailureError, match="a verifier error, not the candidate's failure"):
        one("mine", "\\boxed{1}", BROKEN["answer"])


@pytest.mark.parametrize("form", ["async", "sync"])
async def test_verls_reward_loop(form: str) -> None:
    naive = pytest.importorskip(
        "verl.experimental.reward_loop.reward_manager.naive", reason="verl is not installed"
    )
    data, tokenizer = _verl_batch(TEXTS, ROWS)
    manager = naive.NaiveRewardManager({}, tokenizer, verl.reward(form=form))
    manager.loop = asyncio.get_running_loop()
    found = await asyncio.gather(*(manager.run_single(data[i : i + 1]) for i in range(len(data))))
    assert [one["reward_score"] for one in found] == scores()


def test_verls_batch_reward_manager() -> None:
    batch = pytest.importorskip("verl.workers.reward_manager.batch", reason="verl is not installed")
    data, tokenizer = _verl_batch(TEXTS, ROWS)
    manager = batch.BatchRewardManager(tokenizer, 0, verl.reward(form="batch"))
    found = manager(data, return_dict=True)
    assert found["reward_tensor"].sum(dim=1).tolist() == scores()
    assert found["reward_extra_info"]["acc"] == scores()


def _verl_batch(texts: list[str], rows: list[dict[str, object]]) -> tuple[object, object]:
    """The batch of a rollout whose response is the number of the text."""
    import numpy
    import torch
    from verl import DataProto

    count = len(texts)
    data = DataProto.from_dict(
        tensors={
            "prompts": torch.zeros(count, 1, dtype=torch.long),
            "responses": torch.arange(count).unsqueeze(1),
            "attention_mask": torch.ones(count, 2, dtype=torch.long),
        },
        non_tensors={
            "data_source": numpy.array(["mine"] * count, dtype=object),
            "reward_model": numpy.array(
                [{"ground_truth": truth(row)} for row in rows], dtype=object
            ),
            "extra_info": numpy.array([{"index": i} for i in range(count)], dtype=object),
        },
    )
    decode = SimpleNamespace(decode=lambda ids, **_: texts[int(ids[0])])
    return data, decode


REWARD_FILE = "from veritune.integrations import openrlhf\n\nreward_func = openrlhf.reward()\n"


def queries() -> tuple[list[str], list[str], list[object]]:
    """As OpenRLHF decodes them, with special tokens."""
    prompts = [f"<|im_start|>user\n{row['prompt']}<|im_end|>" for row in ROWS]
    asked = [f"{p}{text}<|im_end|>" for p, text in zip(prompts, TEXTS, strict=True)]
    return asked, prompts, [row["answer"] or {"test_list": row["test_list"]} for row in ROWS]


def test_openrlhf_functions() -> None:
    found = openrlhf.reward()(*queries())
    assert found["rewards"].tolist() == scores() == found["scores"].tolist()
    ids = [candidate.problem_id for candidate in CANDIDATES]
    asked, prompts, _ = queries()
    assert openrlhf.reward(PROBLEMS)(asked, prompts, ids)["rewards"].tolist() == scores()
    # A prompt that was too long lost its beginning.
    long = "x" * 500 + "1+1?"
    assert openrlhf.response_of(long[300:] + " 2</s>", long, "query 0") == " 2"
    with pytest.raises(InputError, match="query 0: does not hold its prompt"):
        openrlhf.response_of("something", "else", "query 0")


async def test_openrlhfs_executor(tmp_path: Path) -> None:
    agent = pytest.importorskip("openrlhf.utils.agent", reason="OpenRLHF is not installed")
    file = tmp_path / "reward.py"
    file.write_text(REWARD_FILE)
    executor = agent.SingleTurnAgentExecutor(str(file))
    found = await executor._fetch_rewards_via_func(*queries())
    assert [one["rewards"].item() for one in found] == scores()


async def test_prime_verifiers() -> None:
    vf = pytest.importorskip("verifiers.v1", reason="Prime's verifiers is not installed")

    class Data(vf.TaskData):
        answer: str | None = None
        test_list: list[str] | None = None

    config = vf.TaskConfig(rewards={"verified": {"fn": "veritune.integrations.verifiers:verified"}})

    def task(row: dict[str, object]) -> object:
        return vf.Task(Data(**row), config)

    found = await asyncio.gather(*map(scored, map(task, ROWS), TEXTS))
    assert list(found) == scores()
    with pytest.raises(vf.TaskError):
        await scored(task(BROKEN), "\\boxed{1}")
    known = verifiers.reward(PROBLEMS)
    data = Data(id="m1", prompt="1/4?", answer="0.25")
    assert await known(data, SimpleNamespace(last_reply="\\boxed{1/4}")) == 1.0


@pytest.mark.slow
def test_inspect(tmp_path: Path) -> None:
    inspect_lib = pytest.importorskip("inspect_ai", reason="Inspect is not installed")
    from inspect_ai.dataset import MemoryDataset, Sample
    from inspect_ai.model import ModelOutput, ModelUsage, get_model

    samples = [
        Sample(
            input=str(row["prompt"]),
            target=str(row["answer"] or ""),
            metadata={"test_list": row["test_list"]},
        )
        for row in [*ROWS, BROKEN | {"test_list": None}]
    ]
    outputs = [ModelOutput.from_content("mockllm", text) for text in [*TEXTS, "\\boxed{1}"]]
    for output in outputs:
        # Else they are counted with a tokenizer that is fetched from the network.
        output.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
    task = inspect_lib.Task(dataset=MemoryDataset(samples), scorer=inspect_ai.scorer())
    model = get_model("mockllm/model", custom_outputs=outputs)
    # One at a time: the mock model's replies come in order.
    (log,) = inspect_lib.eval(
        task, model=model, log_dir=str(tmp_path), display="none", max_samples=1
    )
    assert log.status == "success", log.error
    values = [sample.scores["veritune"].value for sample in log.samples]
    assert values[:-1] == scores() and math.isnan(values[-1])
    metrics = log.results.scores[0].metrics
    assert metrics["mean"].value == pytest.approx(sum(scores()) / len(TEXTS))
    assert log.results.scores[0].unscored_samples == 1


def test_lm_eval_function() -> None:
    metric = lm_eval.process_results()
    found = [metric(row, [text])["verified"] for row, text in zip(ROWS, TEXTS, strict=True)]
    assert found == scores()
    several = metric(ROWS[0], [TEXTS[:10]])
    assert several["verified"] == pytest.approx(sum(scores()[:10]) / 10)
    broken = metric(BROKEN, ["\\boxed{1}"])
    assert math.isnan(broken["verified"]) and broken["verifier_error"] == 1.0
    assert lm_eval.scored_mean([1.0, math.nan, 0.0]) == 0.5
    assert math.isnan(lm_eval.scored_mean([math.nan]))


@pytest.mark.slow
def test_lm_eval(tmp_path: Path) -> None:
    harness = pytest.importorskip("lm_eval", reason="lm-evaluation-harness is not installed")
    datasets = pytest.importorskip("datasets")
    from lm_eval.api.model import LM
    from lm_eval.api.task import ConfigurableTask

    rows = [{"number": i, **row} for i, row in enumerate(ROWS)]

    class Fixed(LM):
        """Answers with the text of the document."""

        def generate_until(self, requests: list[object]) -> list[str]:
            return [TEXTS[request.doc["number"]] for request in requests]

        def loglikelihood(self, requests: list[object]) -> list[object]:
            raise NotImplementedError

        def loglikelihood_rolling(self, requests: list[object]) -> list[object]:
            raise NotImplementedError

    task = ConfigurableTask(
        config={
            "task": "mine",
            "custom_dataset": lambda **_: {"test": datasets.Dataset.from_list(rows)},
            "test_split": "test",
            "output_type": "generate_until",
            "doc_to_text": "{{prompt}}",
            "doc_to_target": "{{answer}}",
            "process_results": lm_eval.process_results(),
            "generation_kwargs": {"until": []},
            "metric_list": [
                {
                    "metric": "verified",
                    "aggregation": lm_eval.scored_mean,
                    "higher_is_better": True,
                }
            ],
        }
    )
    found = harness.simple_evaluate(
        model=Fixed(), tasks=[task], log_samples=True, bootstrap_iters=0
    )
    samples = sorted(found["samples"]["mine"], key=lambda one: one["doc"]["number"])
    assert [one["verified"] for one in samples] == scores()
    mean = found["results"]["mine"]["verified,none"]
    assert mean == pytest.approx(sum(scores()) / len(TEXTS))
