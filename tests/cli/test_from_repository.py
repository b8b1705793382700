"""`veritune problems from-repo`: functions and modules left out of a small repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from veritune.cli.problems import main
from veritune.errors import InputError
from veritune.problems import read_problems
from veritune.records import Candidate, CodeProblem, PytestTests
from veritune.rounds import open_session

FILES = {
    "src/shop/__init__.py": """from .cart import Cart, total
__all__ = ["Cart", "total"]
""",
    "src/shop/cart.py": '''from .money import cents, shown
from . import rules


class Cart:
    def __init__(self):
        self.items = []

    def add(self, name, price):
        self.items.append((name, cents(price)))
        return self


def total(cart, discount=0):
    """The cart's total, as text."""
    amount = sum(price for _, price in cart.items)
    return shown(rules.apply(amount, discount))
''',
    "src/shop/money.py": '''"""Money."""
from __future__ import annotations


def cents(text: str) -> int:
    """'1.50' as 150."""
    whole, _, part = text.partition(".")
    return int(whole) * 100 + int((part + "00")[:2])


def shown(amount: int) -> str:
    return f"{amount // 100}.{amount % 100:02}"


def unused(x):
    return x
''',
    "src/shop/rules.py": """def apply(amount, percent):
    if not 0 <= percent <= 100:
        raise ValueError("bad percent")
    return amount - amount * percent // 100
""",
    "tests/conftest.py": """import pytest
from shop import Cart
@pytest.fixture
def cart(): return Cart().add("a", "1.50").add("b", "2")
""",
    "tests/test_shop.py": """import pytest
from shop import total
from shop.money import cents
from shop import rules
def test_total(cart):
    assert total(cart) == "3.50"
    assert total(cart, 50) == "1.75"
def test_cents(): assert cents("0.05") == 5
def test_rules():
    with pytest.raises(ValueError, match="bad"): rules.apply(1, 101)
""",
}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        file = tmp_path / "shop" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path / "shop"


def test_functions_that_tests_look_at_are_problems(repository: Path) -> None:
    out = repository.parent / "p.jsonl"
    assert main(["from-repo", str(repository), str(out)]) == 0
    problems = {problem.id: problem for problem in read_problems(str(out))}
    named = ["shop/cart.py:total", "shop/money.py:cents", "shop/money.py:shown"]
    assert sorted(problems) == [*named, "shop/rules.py:apply"]
    cents = problems["shop/money.py:cents"]
    assert isinstance(cents, CodeProblem)
    assert "as 150." in str(cents.prompt) and "whole, _, part" not in str(cents.prompt)
    assert isinstance(cents.reference.tests, PytestTests)
    assert cents.reference.tests.module == "shop.money"


@pytest.mark.asyncio
async def test_a_candidate_writes_the_function_alone(repository: Path) -> None:
    out = repository.parent / "p.jsonl"
    import asyncio

    await asyncio.to_thread(main, ["from-repo", str(repository), str(out), "--limit", "3"])
    cents = next(p for p in read_problems(str(out)) if p.id == "shop/money.py:cents")
    right = "```python\ndef cents(text):\n    return round(float(text) * 100)\n```"
    texts = [right, right.replace(" * 100", "")]
    pairs = [
        (cents, Candidate(problem_id=cents.id, index=index, text=text))
        for index, text in enumerate(texts)
    ]
    async with open_session() as session:
        verdicts = await session.verify(pairs)
    assert [verdict.outcome for verdict in verdicts] == ["passed", "failed"]


def test_modules_are_left_out_whole(repository: Path) -> None:
    out = repository.parent / "p.jsonl"
    assert main(["from-repo", str(repository), str(out), "--leave-out", "module"]) == 0
    found = [problem.id for problem in read_problems(str(out))]
    assert found == ["shop/cart.py", "shop/money.py", "shop/rules.py"]


def test_a_folder_without_tests_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    with pytest.raises(InputError, match=r"has no tests; tests are files named test_\*\.py"):
        main(["from-repo", str(tmp_path), str(tmp_path / "p.jsonl")])
