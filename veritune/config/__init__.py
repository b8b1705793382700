"""A recipe: one TOML file, checked against frozen models before anything runs."""

from typing import TYPE_CHECKING

from veritune.config.base import (
    Count,
    Frozen,
    Positive,
    PositiveFloat,
    Rate,
    TrackerName,
    renamed,
)
from veritune.config.checkers import (
    CHECKERS,
    ConventionConfig,
    JudgeConfig,
    RolloutsConfig,
)
from veritune.config.cluster import ClusterConfig
from veritune.config.models import (
    LoraConfig,
    ModelConfig,
    ScratchConfig,
)
from veritune.config.problems import (
    CandidateColumnsConfig,
    ChainConfig,
    ColumnsConfig,
    EquationsConfig,
    Family,
    FunctionsConfig,
    ProblemsConfig,
    PromptConfig,
)
from veritune.config.recipe import (
    Recipe,
    RewardStageConfig,
    check_recipe,
    check_recipe_as,
    explain,
    load_recipe,
    load_recipe_as,
    tagged_kinds,
)
from veritune.config.rounds import (
    AnswersConfig,
    EvaluationConfig,
    RoundsConfig,
    SamplerConfig,
    SelectionConfig,
    VerifierConfig,
    VerifierPart,
)
from veritune.config.trainers import (
    CreditConfig,
    DpoConfig,
    DpoTrainerConfig,
    FitConfig,
    GroupConfig,
    PairConfig,
    PpoConfig,
    RewardConfig,
    RlConfig,
    SftConfig,
    SftTrainerConfig,
    StepConfig,
    TrainerConfig,
    WarmStartConfig,
)
from veritune.lazy import lazily

if TYPE_CHECKING:
    from veritune.config.trainers import OWN_CLASS, GroupAlgorithm
else:
    __getattr__ = lazily(
        __name__,
        {
            "trainers": (
                "GroupAlgorithm",
                "OWN_CLASS",
            ),
        },
    )

__all__ = [
    "CHECKERS",
    "OWN_CLASS",
    "AnswersConfig",
    "CandidateColumnsConfig",
    "ChainConfig",
    "ClusterConfig",
    "ColumnsConfig",
    "ConventionConfig",
    "Count",
    "CreditConfig",
    "DpoConfig",
    "DpoTrainerConfig",
    "EquationsConfig",
    "EvaluationConfig",
    "Family",
    "FitConfig",
    "Frozen",
    "FunctionsConfig",
    "GroupAlgorithm",
    "GroupConfig",
    "JudgeConfig",
    "LoraConfig",
    "ModelConfig",
    "PairConfig",
    "Positive",
    "PositiveFloat",
    "PpoConfig",
    "ProblemsConfig",
    "PromptConfig",
    "Rate",
    "Recipe",
    "RewardConfig",
    "RewardStageConfig",
    "RlConfig",
    "RolloutsConfig",
    "RoundsConfig",
    "SamplerConfig",
    "ScratchConfig",
    "SelectionConfig",
    "SftConfig",
    "SftTrainerConfig",
    "StepConfig",
    "TrackerName",
    "TrainerConfig",
    "VerifierConfig",
    "VerifierPart",
    "WarmStartConfig",
    "check_recipe",
    "check_recipe_as",
    "explain",
    "load_recipe",
    "load_recipe_as",
    "renamed",
    "tagged_kinds",
]
