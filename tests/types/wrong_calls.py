"""Ten calls that are wrong, one a line: mypy must refuse each. Nothing here is ever run."""

import numpy as np
import torch

from veritune.models import policy_hash
from veritune.models.linear import product
from veritune.records import Candidate, Checkpoint, CodeProblem, MathProblem, MathReference
from veritune.sampler.token_sampling import sample_tokens
from veritune.trainer.losses import kl_loss, policy_loss, value_loss, weighted
from veritune.use import use_of

x = torch.zeros(2, 3)
math = MathProblem(id="m", prompt="2 + 2?", reference=MathReference(answer="4"))
candidate = Candidate(problem_id="m", index=0, text="4")

policy_loss("a", x, x, x, clip_eps_low=0.2, clip_eps_high=0.2)  # a text for a tensor
value_loss(x, x, None, x, clip=0.2)  # nothing for a tensor
kl_loss(x, x, x, "k4")  # no such estimator
weighted(np.zeros((2, 3)), x)  # an array of numpy for a tensor
product(x, x).reshape_as(3)  # torch is followed: its own methods have types, too
sample_tokens(x, x[0], {"temperature": 0.0})  # a dict for a config
CodeProblem(id="c", prompt="f", reference=MathReference(answer="4"))  # not of its kind
Checkpoint(path="runs/a", policy=7)  # a number for a content hash
use_of(candidate)  # a candidate for a verdict
policy_hash(math)  # a problem for a folder
