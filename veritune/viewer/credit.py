"""What one candidate of a policy gradient's round was paid, and where."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from importlib.util import find_spec

from veritune.config import RlConfig, check_recipe
from veritune.errors import RecipeError
from veritune.records import Candidate, VerifiedCandidate
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
    config = policy_gradient(browser) if name.startswith("train/") else None
    if config is None or len(candidate.text) > LONGEST:
        return None
    group, _ = browser.group(name, candidate.problem_id, MOST)
    return paid_json(config, group, candidate)


def paid_json(
    config: RlConfig, group: Sequence[VerifiedCandidate], candidate: Candidate
) -> Json | None:
    """The same of a candidate of a group that was read."""
    from veritune.trainer import credit_pieces

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


def policy_gradient(browser: Browser) -> RlConfig | None:
    """How the run trains, where that is a policy gradient."""
    # Whoever only looks needs nothing that trains.
    texts = browser.facts("config") if find_spec("numpy") is not None else []
    try:
        trainer = check_recipe(tomllib.loads(texts[-1]), "").trainer if texts else None
    except (RecipeError, tomllib.TOMLDecodeError):
        return None
    return trainer if isinstance(trainer, RlConfig) else None
