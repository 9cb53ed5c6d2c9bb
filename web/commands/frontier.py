"""``planner frontier``: plans between the fairest and the most need met, the price of fairness, and what may be claimed of this plan."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planner.errors import InputMustBeMended
from planner.words import least_points, most_points
from web.commands.plans import check_out, plan_argument, read_plan, telling, write_data
from web.commands.why import Command

if TYPE_CHECKING:
    from optimisation.claims import Divisible, OneByOne
    from optimisation.frontier import Frontier, Price
    from optimisation.furthest import Furthest
    from planner.need import World
    from planner.plan import Plan

EXAMPLE = """planner frontier plan.json
         planner frontier plan.json --points 12 --json frontier.json"""
LEAST_POINTS, MOST_POINTS = 3, 40
SMALL_SCHOOLS = 25
MOST_MOVES = 5
SIZES = ((SMALL_SCHOOLS, 0.1, 20.0), (10_000, 1.0, 60.0))
"""Up to how many schools the needs furthest from the standard are searched to what gap (points), and for how long (seconds)."""


def add(commands: Any, command: Command) -> None:
    """Add the command to the console script."""
    parser = command(commands, "frontier", "show plans between the fairest and the most need met, and what fairness costs", EXAMPLE)
    plan_argument(parser)
    parser.add_argument("--points", type=int, default=8, metavar="N", help="how many plans to look for, both ends included (default 8)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the same as data, with the searches behind it")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    from optimisation.claims import divisible, one_by_one  # noqa: PLC0415
    from optimisation.frontier import frontier_of  # noqa: PLC0415
    from optimisation.furthest import furthest_of  # noqa: PLC0415
    from optimisation.sandbox import Sandbox  # noqa: PLC0415
    from planner.export.priced import price_note  # noqa: PLC0415

    if not LEAST_POINTS <= options.points <= MOST_POINTS:
        raise InputMustBeMended(f"--points must be a whole number from {LEAST_POINTS} to {MOST_POINTS}.")
    plan, world = read_plan(options.plan)
    check_out(options)
    _, gap, seconds = next(size for size in SIZES if len(world.partnership.schools) <= size[0])
    with Sandbox(world) as sandbox, telling() as tell:
        split = divisible(sandbox, plan.amounts)
        frontier = frontier_of(sandbox, points=options.points, near=plan.amounts, tell=tell)
        sandbox.open(world)
        others = tuple(point.amounts for point in frontier.points)
        furthest = furthest_of(sandbox, plan.amounts, others=others, gap=gap, seconds=seconds, tell=tell)
    moves = one_by_one(world, plan.amounts)
    for line in (
        *frontier_lines(frontier, options.points), *price_note(world.policy), "", *furthest_lines(furthest), "", *claim_lines(world, plan, moves, split),
    ):  # fmt: skip
        print(line)
    write_data(options.json, data_of(world, plan, frontier, furthest, (moves, split)))
    return 0


# --- lines -------------------------------------------------------------------------------


def frontier_lines(frontier: Frontier, asked: int) -> Iterator[str]:
    """The points as a table, and the price of fairness."""
    if not frontier.points:
        yield "No plan was found in the time given."
        return
    yield "From the fairest plan to the one that meets most need, each but this plan itself searched for anew, in points (in brackets: what no plan with as little of the other goes below)"
    yield f"{'':>4}{'shortfall below the line':>28}{'need unmet in all':>24}"
    for number, point in enumerate(frontier.points, start=1):
        low = f"{most_points(point.shortfall_points)} ({least_points(point.least_shortfall_points)})"
        unmet = f"{most_points(point.unmet_points)} ({least_points(point.least_unmet_points)})"
        yield f"{number:>4}{low:>28}{unmet:>24}{'' if point.tried else '   this plan'}"
    count = len(frontier.points)
    if count < asked:
        yield f"Fewer than the {asked} asked for: between these, the searches found no plan that is not as poor in both as another."
    if frontier.dropped:
        yield f"{frontier.dropped} more found and left out: another is as good in both."
    yield "None of these is beaten in both by another of them; whether a plan nobody found beats one, only the brackets limit."
    yield price_line(frontier)


def price_line(frontier: Frontier) -> str:
    """What it would cost to have both ends at once."""
    price, most = frontier.price, frontier.points[-1]
    what = f"no more shortfall than the fairest plan and as much need met as the last ({least_points(100 - most.unmet_points)} points)"
    if price.enough_pounds == 0:
        return f"The price of fairness: nothing that these searches can show; a plan was found with {what}."
    if price.enough_pounds is None:
        return f"The price of fairness: {_beyond(price)} was found to give {what}."
    proved = "" if price.too_little_pounds is None else f"; £{price.too_little_pounds:,} was proved too little"
    return (
        f"The price of fairness: £{price.enough_pounds:,} more for grants gives {what}{proved}. "
        f"(In steps of £10,000, up to £{price.limit_pounds:,}.)"
    )


def _beyond(price: Price) -> str:
    proved = price.too_little_pounds == price.limit_pounds
    return (
        f"not even £{price.limit_pounds:,} more for grants (proved too little)"
        if proved
        else f"no amount up to £{price.limit_pounds:,} more for grants"
    )


def furthest_lines(furthest: Furthest) -> Iterator[str]:
    """The needs furthest from the standard, beside their bound."""
    here, found, taken_off = (
        least_points(furthest.plan_points),
        least_points(furthest.found_points),
        most_points(furthest.found_price_points),
    )
    before, best, less = "", "most", ""
    if furthest.plan_price_points or furthest.found_price_points:
        before = f", and rules that give way cost {most_points(furthest.plan_price_points)} points"
        best, found, less = "best", f"{found} at a price of {taken_off}", ", its price taken off"
    yield (
        f"The fifth of need furthest from the standard is met to {here} percent in this plan{before}. The {best} that these searches "
        f"found is {found}, and no plan can have more than {most_points(furthest.bound_points)}{less} (gap {most_points(furthest.gap_points)}, "
        f"{furthest.seconds:.0f} s)."
    )


def claim_lines(world: World, plan: Plan, moves: OneByOne, split: Divisible) -> Iterator[str]:
    """What may be claimed of the plan, and what may not."""
    from optimisation.as_data import move_sentence  # noqa: PLC0415
    from planner.audit import leads  # noqa: PLC0415

    here = leads(world, plan.amounts)
    if moves.holds:
        yield (
            f"Checked one by one: none of {moves.weighed:,} moves of one half-day, one place or £10 a month between two schools within the rules "
            "lifts a need that is below the line without lowering one no better met."
        )
    else:
        yield "Checked one by one: some single moves would lift a need below the line, so this plan may not claim that none does."
        if moves.within:
            yield (
                f"  {len(moves.within)} needs below the line could be lifted by their own school or zone, from needs of its own that are better met: "
                "the plan leaves them where a half-day or an hour meets most."
            )
        if moves.moves:
            yield f"  {len(moves.moves)} could be lifted by a move between two, of {moves.weighed:,} weighed; the furthest first:"
            for move in moves.moves[:MOST_MOVES]:
                yield f"  {move_sentence(world, move)}"
            if len(moves.moves) > MOST_MOVES:
                yield f"  and {len(moves.moves) - MOST_MOVES} more."
    if split.bound_points is None:
        yield "What these bases could bring if time and places could be split was not found in the time given."
    else:
        yield (
            f"With this plan's bases, and time and places split into any fractions, the shortfall could be no lower than {least_points(split.bound_points)}; "
            f"this plan has {most_points(here)}."
        )
    yield f"With any bases, and time and places whole, it could be no lower than {least_points(plan.bound_points)}."
    yield "This is the best these rules and figures allow; it says nothing about whether the figures are right."


# --- data --------------------------------------------------------------------------------


def data_of(world: World, plan: Plan, frontier: Frontier, furthest: Furthest, claims: tuple[OneByOne, Divisible]) -> dict[str, Any]:
    """The same as JSON data, each part with the searches behind it."""
    from optimisation.as_data import claims_data, frontier_data, furthest_data, headed  # noqa: PLC0415

    parts = {**frontier_data(frontier, world), "furthest": furthest_data(furthest), "claims": claims_data(world, plan, *claims)}
    return headed("frontier", parts)
