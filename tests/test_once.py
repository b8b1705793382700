"""What is made once for each object."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from veritune.once import once_each


def test_made_once_for_each_object_and_not_for_each_value() -> None:
    made: list[list[int]] = []

    @once_each(2)
    def total(key: list[int]) -> int:
        made.append(key)
        return sum(key)

    one, same = [1, 2], [1, 2]
    assert [total(one), total(one), total(same)] == [3, 3, 3]
    assert [key is one for key in made] == [True, False]
    total([5])  # the oldest goes
    total(one)
    assert len(made) == 4


def test_many_threads_at_once() -> None:
    length = once_each(3)(len)
    texts = [[0] * size for size in range(20)]
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(length, texts * 500))
    assert found == list(range(20)) * 500
