"""A long program is looked at, and other candidates get their verdicts meanwhile."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from veritune.verifiers.code.extract import Extracted
from veritune.verifiers.code.flags import flags
from veritune.verifiers.code.statements import statements_of
from veritune.verifiers.long import off_loop

LONG = 300_000


@pytest.mark.parametrize("filling", ["x = [1, 2]\n", "a ", "("])
def test_signs_are_found_anywhere_in_a_long_program(filling: str) -> None:
    half = filling * (LONG // len(filling) // 2)
    assert "exit" in flags(f"{half}\nimport os; os._exit(0)\n{half}")


def test_a_long_program_is_one_statement() -> None:
    text = "x = (" * (LONG // 5)
    program = Extracted(code=text, offsets=(0,))
    assert statements_of(text, program) == [(0, len(text))]


async def test_others_have_their_turn_while_a_long_text_is_read() -> None:
    turns = 0

    async def others() -> AsyncIterator[None]:
        while True:
            await asyncio.sleep(0)
            yield

    long = asyncio.create_task(off_loop("x" * LONG, lambda: flags("os = 1\n" * 20_000)))
    async for _ in others():
        turns += 1
        if long.done():
            break
    assert turns > 3
    assert await long == ()
