"""Whether two trees mean the same, under a policy."""
