import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parents[1] / "docs"


def test_the_page_of_recipe_keys_is_that_of_the_code() -> None:
    done = subprocess.run([sys.executable, DOCS / "recipe_reference.py", "--check"])
    assert done.returncode == 0, "out of date; run: python docs/recipe_reference.py"
