"""`veritune bench throughput --what group`: beside TRL's GRPOTrainer (last measured: TRL 1.16)."""

from collections.abc import Sequence

from veritune.benchmarks.throughput_training import compare


def main(argv: Sequence[str]) -> int:
    """Measure and print; see `throughput_training`."""
    return compare("group", "GRPOTrainer", argv)
