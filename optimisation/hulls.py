"""Rows that no whole plan breaks, but a split one does: they tell the solver sooner that half a place meets no need.

They add no rule. A base that is open in part gives a cell places in part only; and a cell's need met, below the line and in all, is a concave function of the places it
has; at whole places that function's values span a hull, and what lies above it only fractions of a place can reach
(reformulation by discretisation, ``docs/model.md``). Without them 60 schools stay open, with them they close.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction
from math import ceil
from typing import Any

import pyomo.core as pyo

from optimisation.registry import Model
from planner import rules
from planner.need import PLACE
from planner.supply import place_share, step_of

FOLLOW_FROM = {
    "hull_of_places": {rules.NEED_FROM_SUPPORT.rule_id},
    "places_where_open": {rules.NEED_FROM_SUPPORT.rule_id, rules.PLACES_WITHIN_SIZE.rule_id},
}
"""The rules each kind of row follows from: without them it would cut off whole plans."""


def post_hulls(m: Model) -> None:
    """Add both kinds of row, as the components ``hull_of_places`` and ``places_where_open``."""
    for name, rows in (("hull_of_places", list(hull_of_places(m))), ("places_where_open", list(places_where_open(m)))):
        m.add_component(name, pyo.Constraint(range(len(rows)), rule=lambda _, n, rows=rows: rows[n]))


def places_where_open(m: Model) -> Iterator[Any]:
    r"""$places_{bc} \le \sum_k \min(k, \lceil R_c \rceil) base\_size_{bk}$: a base gives one cell no more than it could use of the size it runs at."""
    sizes: dict[str, list[int]] = defaultdict(list)
    for base_id, size in m.base_size:
        sizes[base_id].append(size)
    for base_id, cell_id in m.places:
        most = ceil(Fraction(m.cells[cell_id].requirement(PLACE), 100))
        yield m.places[base_id, cell_id] - sum(min(k, most) * m.base_size[base_id, k] for k in sizes[base_id]) <= 0


def hull_of_places(m: Model) -> Iterator[Any]:
    r"""$\sum_j met_{cj} \le f(n) + (f(n+1) - f(n)) (\sum_b places_{bc} - n)$ for n = 0, 1, ... whole places.

    Where bases run for part of the year, places are counted in the largest share of a year of which all their shares are whole multiples.
    """
    shares: dict[str, dict[str, Fraction]] = defaultdict(dict)
    for base_id, cell_id in m.places:
        shares[cell_id][base_id] = place_share(m.bases[base_id])
    below = [j for j, (_, _, is_below) in enumerate(m.segments) if is_below]
    for cell_id, by_base in shares.items():
        step = step_of(by_base.values())
        given = [int(share / step) * m.places[b, cell_id] for b, share in by_base.items()]
        needed = Fraction(m.cells[cell_id].requirement(PLACE), 100) / step
        for segments in (below, list(range(len(m.segments)))):
            met = [_met(m, segments, min(Fraction(1), n / needed)) for n in range(ceil(needed) + 1)]
            for n, (here, after) in enumerate(itertools.pairwise(met)):
                yield sum(m.met[cell_id, j] for j in segments) - float(after - here) * sum(given) <= float(here - n * (after - here))


def _met(m: Model, segments: list[int], dose: Fraction) -> Fraction:
    """Need met within some segments of the benefit curve by a share of the dose."""
    met = Fraction(0)
    for j in segments:
        width, dose_of_width, _ = m.segments[j]
        met += width * min(dose, dose_of_width) / dose_of_width
        dose -= min(dose, dose_of_width)
    return met
