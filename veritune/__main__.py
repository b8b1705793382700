"""`python -m veritune` is the `veritune` command."""

import sys

from veritune.cli import main

if __name__ == "__main__":
    sys.exit(main())
