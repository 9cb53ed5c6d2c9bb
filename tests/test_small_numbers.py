"""Small numbers left out of a column cannot be worked out again, by arithmetic nor by whoever knows the rule."""

from itertools import product
from random import Random

import pytest

from planner.small_numbers import FEWEST_SHOWN, left_out

TABLES = 300


def could_be(values, hidden, total):
    """Every column that reads the same once the rule has left out what it leaves out, by the places left out."""
    places = sorted(hidden)
    rest = total - sum(value for place, value in enumerate(values) if place not in hidden)
    for numbers in product(range(1, rest + 1), repeat=len(places) - 1):
        last = rest - sum(numbers)
        if last >= 1:
            found = list(values)
            for place, number in zip(places, (*numbers, last), strict=True):
                found[place] = number
            if left_out(found, total) == (hidden, False):
                yield [found[place] for place in places]


def test_who_knows_the_rule_the_total_and_all_that_is_shown_cannot_tell_one_number():
    rng = Random(7)
    attacked = 0
    for _ in range(TABLES):
        values = [rng.choice((0, 1, 2, 3, 4, 4, 5, 5, 6, 9)) for _ in range(rng.randint(2, 7))]
        hidden, is_total_hidden = left_out(values, sum(values))
        if is_total_hidden or not hidden or len(hidden) > 4:
            continue
        attacked += 1
        for told in zip(*could_be(values, hidden, sum(values)), strict=True):
            assert len(set(told)) > 1, (values, sorted(hidden))
    assert attacked > TABLES // 4


@pytest.mark.parametrize("small", [[1, 1, 1, 1, 1], [4, 4], [4, 4, 4], [4, 3, 4], [1, 1, 1, 1, 2]])
def test_small_numbers_that_their_sum_alone_tells_are_left_out_with_another(small):
    hidden, is_total_hidden = left_out([*small, 7, 20], sum(small) + 27)
    assert (hidden, is_total_hidden) == (frozenset(range(len(small) + 1)), False)
    assert left_out(small, sum(small)) == (frozenset(range(len(small))), True)


def test_of_numbers_alike_none_is_shown_beside_one_left_out():
    assert left_out([5, 5, 4, 9], 23) == (frozenset({0, 1, 2}), False), "else only the first of those alike could be left out with the 4"


def test_numbers_left_out_can_lie_so_far_apart_that_no_guess_is_sure_to_be_within_2():
    assert left_out([1, 4, 20, 60], 85) == (frozenset({0, 1, 2}), False), "1 and 4 alone would each be 1 to 4"
    assert left_out([8, 4, 6, 60], 78, fewest=10) == (frozenset({0, 1, 2}), False), "each may be 1 to 9"
    assert FEWEST_SHOWN == 5
