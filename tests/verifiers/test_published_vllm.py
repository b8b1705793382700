"""A process reward model that a real vLLM serves gives what its folder gives."""

from __future__ import annotations

from pathlib import Path

import pytest
from published_models import QUESTION, STEPS, qwen_numbers, save_qwen, tokenizer
from vllm_server import vllm_server

from veritune.cli import main
from veritune.files import read_records, write_records
from veritune.records import Candidate, MathProblem, MathReference, Verdict

SOLUTIONS = [STEPS, STEPS[:2], ["So it is 12.", "No: 3 + 4 = 7.", "It is 7.", "Done."]]


@pytest.mark.vllm
@pytest.mark.timeout(1200)
def test_a_served_model_gives_the_numbers_of_its_own_code(tmp_path: Path) -> None:
    folder = tmp_path / "prm"
    save_qwen(folder)
    problem = MathProblem(id="p", prompt=QUESTION, reference=MathReference(answer="7"))
    write_records(tmp_path / "P.jsonl", [problem])
    texts = ["\n\n".join(steps) for steps in SOLUTIONS]
    solved = [Candidate(problem_id="p", index=at, text=text) for at, text in enumerate(texts)]
    write_records(tmp_path / "C.jsonl", solved)
    words = ["verify", "--type", "reward_model", "--reward-model", str(folder)]
    for name in ("problems", "candidates", "out"):
        words += [f"--{name}", str(tmp_path / f"{name[0].upper()}.jsonl")]
    # vLLM's own default is the tag of Qwen's vocabulary.
    tag = tokenizer().convert_tokens_to_ids("<extra_0>")
    pooling = ["--pooler-config", f'{{"pooling_type": "STEP", "step_tag_id": {tag}}}']
    with vllm_server(folder, tmp_path / "log", "--runner", "pooling", *pooling) as url:
        assert main([*words, "--convention.url", url]) == 0
    for verdict in read_records(tmp_path / "O.jsonl", Verdict):
        expected = qwen_numbers(folder, QUESTION, SOLUTIONS[verdict.index])
        assert [step.score for step in verdict.steps] == pytest.approx(expected, abs=1e-4)
        assert verdict.score == pytest.approx(min(expected), abs=1e-4)
