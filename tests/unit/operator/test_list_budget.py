"""What the lists of all clouds may take together."""

from hypothesis import given
from hypothesis import strategies as st

from senlin_operator.cloud.list_budget import ListBudget

MEBIBYTE = 2**20


def test_small_lists_are_always_read() -> None:
    budget = ListBudget(2 * MEBIBYTE)
    assert budget.admits("large", 2 * MEBIBYTE)

    assert all(budget.admits(session, MEBIBYTE) for session in range(100))


def test_what_is_left_goes_to_whoever_comes_first() -> None:
    budget = ListBudget(10 * MEBIBYTE)

    assert budget.admits("first", 7 * MEBIBYTE)
    assert budget.admits("second", 3 * MEBIBYTE)
    assert not budget.admits("first", 8 * MEBIBYTE)
    assert budget.admits("first", 7 * MEBIBYTE)  # no more than before


def test_large_lists_do_not_keep_out_those_of_others() -> None:
    budget = ListBudget(10 * MEBIBYTE)
    assert budget.admits("first", 10 * MEBIBYTE)

    assert budget.admits("second", 5 * MEBIBYTE)
    assert not budget.admits("second", 6 * MEBIBYTE)


def test_there_is_room_again_when_lists_are_smaller_or_gone() -> None:
    budget = ListBudget(10 * MEBIBYTE)
    assert budget.admits("first", 10 * MEBIBYTE)
    assert not budget.admits("second", 8 * MEBIBYTE)

    budget.settle("first", 2 * MEBIBYTE)
    assert budget.admits("second", 8 * MEBIBYTE)
    budget.settle("second", 0)
    assert budget.admits("first", 10 * MEBIBYTE)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 40 * MEBIBYTE))))
def test_all_together_take_a_bounded_size(asked: list[tuple[int, int]]) -> None:
    """Beyond the bound come only shares, of which the n-th is an n-th of it at most."""
    most = 16 * MEBIBYTE
    budget, held = ListBudget(most), dict[int, int]()
    for session, size in asked:
        if budget.admits(session, size):
            held[session] = max(held.get(session, 0), size)
    large = [size for size in held.values() if size > MEBIBYTE]
    assert sum(large) <= most * (1 + sum(1 / number for number in range(2, 11)))
