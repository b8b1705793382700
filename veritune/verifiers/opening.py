"""Step checkers by the names that recipes and commands share: rules, reward_model, judge, rollouts.

What a checker spent is said when it closes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from veritune.config import CHECKERS, SamplerConfig, VerifierConfig
from veritune.errors import RecipeError, UnwritableError
from veritune.plugins import is_plugin
from veritune.verifiers.custom import CustomVerifier, Own, OwnLabeller
from veritune.verifiers.judge import GenerativeJudge
from veritune.verifiers.labelling import InTurn, RuleLabeller, StepLabeller
from veritune.verifiers.learned import LearnedVerifier
from veritune.verifiers.protocol import Verifier
from veritune.verifiers.rollouts import RolloutLabeller, RolloutVerifier

Say = Callable[[str], None]


@asynccontextmanager
async def open_labeller(
    config: VerifierConfig, names: Sequence[str], outcomes: Verifier, say: Say
) -> AsyncIterator[StepLabeller]:
    """Who labels steps, in turn; `outcomes` verifies what rollouts sample."""
    async with AsyncExitStack() as stack:
        found = [
            await stack.enter_async_context(_open(config, name, outcomes, say)) for name in names
        ]
        yield found[0] if len(found) == 1 else InTurn(*found)


@asynccontextmanager
async def _open(
    config: VerifierConfig, name: str, outcomes: Verifier, say: Say
) -> AsyncIterator[StepLabeller]:
    if is_plugin(name):
        own = Own(
            path=name,
            options=config.options,
            pass_score=config.step_threshold,
            key="verifier.steps",
            method="check",
        )
        async with CustomVerifier(
            own, workers=config.workers, wall_seconds=config.wall_seconds
        ) as asked:
            yield OwnLabeller(asked)
    elif name == "rules":
        yield RuleLabeller()
    elif name == "reward_model":
        learned = open_learned(config)
        learned.check_kind()
        yield learned
    elif name == "judge":
        with open_judge(config, say) as judge:
            yield judge
    else:
        with _rollouts(config, outcomes, say) as rollouts:
            yield rollouts


def checker_names(checker: str) -> tuple[str, ...]:
    """The names in `a+b`, in turn; raises `RecipeError` for an unknown one."""
    names = tuple(checker.split("+"))
    strange = next((name for name in names if name not in CHECKERS and not is_plugin(name)), None)
    if strange is not None:
        known = ", ".join(CHECKERS)
        raise RecipeError(
            f"--checkers: no checker '{strange}'; there are: {known}, and own code by its path"
        )
    return names


def open_learned(config: VerifierConfig) -> LearnedVerifier:
    """The reward model that a recipe names."""
    if config.reward_model is None:
        raise RecipeError("verifier.reward_model: name the folder of the reward model")
    return LearnedVerifier(
        config.reward_model, convention=config.convention, threshold=config.step_threshold
    )


@contextmanager
def open_judge(config: VerifierConfig, say: Say) -> Iterator[GenerativeJudge]:
    """The judge that a recipe names."""
    with closing(GenerativeJudge(config.judge, say=say)) as judge:
        yield judge
        say(f"judge: {judge.cost}")


@contextmanager
def _rollouts(config: VerifierConfig, outcomes: Verifier, say: Say) -> Iterator[RolloutVerifier]:
    """Completions by the policy that a recipe names, kept in a folder where it names one."""
    from veritune.models import model_folder, policy_hash, prompt_lengths
    from veritune.records import Checkpoint
    from veritune.sampler import open_sampler
    from veritune.store import Store

    asked = config.rollouts
    if asked.model is None:
        raise RecipeError("verifier.rollouts.model: name the model that samples completions")
    folder = model_folder(asked.model)
    sampling = SamplerConfig(temperature=asked.temperature, max_tokens=asked.max_tokens)
    with ExitStack() as stack:
        cache = asked.cache or stack.enter_context(TemporaryDirectory())
        store = stack.enter_context(Store.open(_made(cache)))
        sampler = stack.enter_context(closing(open_sampler(sampling, seed=asked.seed)))
        labeller = RolloutLabeller(
            sampler,
            outcomes,
            store,
            Checkpoint(path=str(folder), policy=policy_hash(folder)),
            k=asked.k,
            threshold=asked.threshold,
            search=asked.search,
            settings=f"{asked.seed} {asked.temperature} {asked.max_tokens}",
            fits=prompt_lengths(folder).fits,
        )
        yield RolloutVerifier(labeller)
        say(f"rollouts: {labeller.told}")


def _made(folder: str) -> Path:
    path = Path(folder)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnwritableError(f"{path}: cannot be made ({error.strerror})") from None
    return path
