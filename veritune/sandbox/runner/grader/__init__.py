"""What runs as the grader: it holds the tests and the expected values, and compares."""
