"""What crosses between processes: frames of tagged JSON, decoded to plain types only."""
