"""Pages are never held by two strangers, and all come back."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from veritune.sampler.pages import PAGE, PageTable

ROWS, CAPACITY = 6, 100


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.integers(1, 60), st.integers(1, 40), st.integers(1, 3)), max_size=25))
def test_rows_come_grow_and_go(plans: list[tuple[int, int, int]]) -> None:
    table = PageTable(ROWS, CAPACITY)
    everything = table.size - 1
    active: list[list[int]] = []  # (prompt length, tokens so far, tokens until the end) a row

    def end_some(least: int) -> None:
        gone = [row for row, state in enumerate(active) if state[1] >= state[2] or row < least]
        left = len(active) - len(gone)
        table.release(np.array(gone, np.int64))
        holes = [row for row in gone if row < left]
        movers = [row for row in range(left, len(active)) if row not in gone]
        table.move(np.array(movers, np.int64), np.array(holes, np.int64))
        for hole, mover in zip(holes, movers, strict=True):
            active[hole] = active[mover]
        del active[left:]

    for prompt, tokens, candidates in plans:
        if len(active) + candidates > ROWS:
            end_some(least=ROWS)
        pages = table.take(-(-prompt // PAGE))
        rows = np.arange(len(active), len(active) + candidates)
        table.share(rows, pages, prompt)
        table.give_back(pages)
        active += [[prompt, 0, tokens] for _ in rows]
        for _ in range(min(tokens, 35)):
            at = np.array([length + count for length, count, _ in active])
            page, offset = table.append(np.arange(len(active)), at)
            assert len(set(page.tolist())) == len(active), "a page for its own tokens each"
            assert (offset == (at - [state[0] for state in active]) % PAGE).all()
            for state in active:
                state[1] += 1
            hidden = table.hidden(len(active), table.columns(len(active)))
            assert ((~hidden).sum(1) == [state[0] + state[1] for state in active]).all()
            end_some(least=0)
            if not active:
                break
    end_some(least=ROWS)
    assert len(set(table._free)) == len(table._free) == everything
