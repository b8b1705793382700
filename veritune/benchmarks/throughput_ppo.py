"""`veritune bench throughput --what ppo`: beside TRL's PPOTrainer (last measured: TRL 1.12)."""

from collections.abc import Sequence

from veritune.benchmarks.throughput_training import compare


def main(argv: Sequence[str]) -> int:
    """Measure and print; see `throughput_training`."""
    return compare("ppo", "PPOTrainer", argv)
