"""What a sampler knows of a thought that the text does not tell."""

from __future__ import annotations

import pytest

from veritune.config import SamplerConfig, ScratchConfig
from veritune.models import build_scratch, completion_texts, save_policy
from veritune.records import MathProblem, MathReference
from veritune.sampler import open_sampler
from veritune.sampler.codec import PromptCodec
from veritune.sampler.replies import Said
from veritune.sampler.thoughts import Thoughts

SMALL = ScratchConfig(layers=1, width=16, heads=2, max_length=64)
CHARACTERS = "".join(map(chr, range(32, 127))) + "\n"
OPENING = "{{ messages[0].content }}{% if add_generation_prompt %}<think>\n{% endif %}"


def problem(**keys: object) -> MathProblem:
    turns = [{"role": "user", "content": "1+1?"}]
    return MathProblem(id="m", reference=MathReference(answer="2"), **({"prompt": turns} | keys))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "prefill", "length"),
    [
        ("so 2", "", 4),
        ("so</think>2", "", 10),
        ("so", "Hm,", 2),
        ("2", "Hm</think>", None),
        ("so</think>2", "Hm,", 10),
    ],
)
def test_a_template_opens_the_thought(text: str, prefill: str, length: int | None) -> None:
    _, tokenizer = build_scratch(SMALL, 0, CHARACTERS)
    tokenizer.chat_template = OPENING
    ids = tokenizer(text)["input_ids"]
    assert Thoughts(tokenizer).length(problem(prefill=prefill), ids, text) == length


def test_special_tokens_that_the_text_is_without() -> None:
    _, tokenizer = build_scratch(SMALL, 0, CHARACTERS)
    tokenizer.add_special_tokens({"additional_special_tokens": ["[THINK]", "[/THINK]"]})
    asked = problem(prompt="1+1?")
    for written, length in (("[THINK]It is 3[/THINK]2", 7), ("[THINK]It is 3", 7), ("2", None)):
        ids = tokenizer(written)["input_ids"]
        (text,) = completion_texts(tokenizer, [ids])
        assert "THINK" not in text
        assert Thoughts(tokenizer).length(asked, ids, text) == length


def test_candidates_that_think_to_their_end_say_so(tmp_path: object) -> None:
    model, tokenizer = build_scratch(SMALL, 0, CHARACTERS)
    tokenizer.chat_template = OPENING
    policy = save_policy(model, tokenizer, f"{tmp_path}/M")
    sampler = open_sampler(SamplerConfig(n=2, max_tokens=5), seed=0)
    sampler.load(policy)
    for candidate in sampler.sample([problem()], [[0, 1]], round=0):
        assert candidate.truncated and candidate.still_thinking and candidate.answer == ""
    sampler.close()


def test_how_long_a_completion_may_be_where_nobody_says() -> None:
    model, tokenizer = build_scratch(SMALL, 0, CHARACTERS)
    codec = PromptCodec(model, tokenizer, SamplerConfig())
    assert codec.limit([1] * 10) == SMALL.max_length - 10
    codec.longest = 100_000
    assert codec.limit([1] * 10) == 2_048
    tokenizer.chat_template = OPENING
    codec = PromptCodec(model, tokenizer, SamplerConfig())
    codec.longest = 100_000
    assert codec.limit([1] * 10) == 16_384


def test_a_server_tells_thoughts_apart() -> None:
    assert Said(content="2", reasoning_content="1+1").thought + "2" == "<think>\n1+1\n</think>\n\n2"
    assert Said(content=None, reasoning="1+1").thought == "<think>\n1+1"
    assert Said(content="2").thought == ""
