"""What one candidate of a policy gradient's round was paid, and where."""

from __future__ import annotations

import tomllib
from importlib.util import find_spec

from veritune.config import RlConfig, check_recipe
from veritune.errors import RecipeError
from veritune.records import Candidate
from veritune.report import visible
from veritune.store import Browser

Json = dict[str, object]
# Characters that are sent, and members of a group that are read for its baseline.
LONGEST, MOST = 200_000, 1_024


def credit_json(browser: Browser, name: str, candidate: Candidate) -> Json | None:
    """Pieces of the text with their rewards and advantages; None where none were paid.

    Only a round's own sample is learned from, and only by policy gradients. It is computed from the
    stored verdicts and the recipe, as the trainer does.
    """
    config = _policy_gradient(browser) if name.startswith("train/") else None
    # Whoever only looks needs nothing that trains.
    if config is None or find_spec("numpy") is None or len(candidate.text) > LONGEST:
        return None
    from veritune.trainer import credit_pieces

    group = browser.group(name, candidate.problem_id, MOST)
    pieces, said = credit_pieces(config, group, candidate.index)
    begins = [0, *(piece.end for piece in pieces)]
    return {
        "said": said,
        "pieces": [
            {"text": visible(candidate.text[begin : piece.end])}
            | {"reward": piece.reward, "advantage": piece.advantage}
            for begin, piece in zip(begins, pieces, strict=False)
        ],
    }


def _policy_gradient(browser: Browser) -> RlConfig | None:
    """How the run trains, where that is a policy gradient."""
    texts = browser.facts("config")
    try:
        trainer = check_recipe(tomllib.loads(texts[-1]), "").trainer if texts else None
    except (RecipeError, tomllib.TOMLDecodeError):
        return None
    return trainer if isinstance(trainer, RlConfig) else None
