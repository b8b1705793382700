"""Mathematics: read once, with every meaning that a text can have, and compared exactly."""
