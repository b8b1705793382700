"""The types are true: mypy refuses wrong calls, and shapes of tensors are checked as tests run."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from jaxtyping import TypeCheckError

from veritune.config import SamplerConfig
from veritune.models.head import logprobs_of
from veritune.models.linear import product
from veritune.sampler.token_sampling import sample_tokens
from veritune.trainer.losses import kl_loss, policy_loss

WRONG = Path(__file__).with_name("wrong_calls.py")
PROJECT = WRONG.parents[2]


def calls() -> list[int]:
    """The lines of the wrong calls: those that say what is wrong."""
    lines = WRONG.read_text().splitlines()
    return [number for number, line in enumerate(lines, 1) if "  # " in line]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_mypy_refuses_every_wrong_call_and_nothing_else() -> None:
    words = [sys.executable, "-m", "mypy", "--config-file", "pyproject.toml", str(WRONG)]
    done = subprocess.run(words, cwd=PROJECT, capture_output=True, text=True)
    found = re.findall(rf"{WRONG.name}:(\d+): error", done.stdout)
    assert len(calls()) == 10
    assert sorted(set(map(int, found))) == calls(), done.stdout
    assert done.stdout.count(": error:") == len(found), done.stdout


X, ROW = torch.zeros(2, 3), torch.zeros(2, dtype=torch.float64)
CLIP = {"clip_eps_low": 0.2, "clip_eps_high": 0.2}
WRONG_SHAPES: dict[str, Callable[[], object]] = {
    "one row of advantages for two": lambda: policy_loss(X, X, X[:1], X, **CLIP),
    "a number a row for one a token": lambda: policy_loss(X, X, X[:, 0], X, **CLIP),
    "another length": lambda: kl_loss(X, torch.zeros(2, 4), X, "k3"),
    "whole numbers for log-probabilities": lambda: kl_loss(X.long(), X, X, "k3"),
    "ids of another length": lambda: logprobs_of(torch.zeros(2, 3, 5), X.long()[:, 1:], 1.0),
    "a float for an id": lambda: logprobs_of(torch.zeros(2, 3, 5), X, 1.0),
    "one uniform number too many": lambda: sample_tokens(X[:1], ROW, SamplerConfig()),
    "uniform numbers of half the precision": lambda: sample_tokens(X, ROW.float(), SamplerConfig()),
    "a bias for each row": lambda: product(X, torch.zeros(4, 3), X),
}


@pytest.mark.parametrize("name", WRONG_SHAPES)
def test_a_wrong_shape_is_refused_where_it_is_passed(name: str) -> None:
    with pytest.raises(TypeCheckError):
        WRONG_SHAPES[name]()


def test_right_shapes_are_not_refused() -> None:
    loss, share = policy_loss(X, X, X, X + 1, **CLIP)
    assert loss.shape == share.shape == ()
    tokens, logprobs = sample_tokens(X, ROW, SamplerConfig())
    assert tokens.shape == logprobs.shape == (2,)
