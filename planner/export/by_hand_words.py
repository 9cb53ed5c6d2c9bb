"""What came of a plan made by hand, in plain sentences: for the terminal and the page."""

from __future__ import annotations

from planner.export.read_back import CellChange, HandMade
from planner.words import least_points, most_points, points_apart

_KEPT = "How much need is met was worked out from the amounts. Schools and zones whose amounts are unchanged meet what they met in the plan"
_ONE = {"pounds": "£{:,}", "half-days": "{:,} half-day", "places": "{:,} place"}


def amount_words(amount: int, unit: str) -> str:
    """An amount with its unit."""
    return _ONE[unit].format(amount) + ("s" if unit != "pounds" and amount != 1 else "")


def where_words(change: CellChange) -> str:
    """Where a changed amount stands: its sheet, cell and heading."""
    place = f"{change.sheet}, {change.cell}" if change.cell else change.sheet
    return f"{place} ({change.column})" if change.cell else f"{place} ({change.column.lower()} was taken out)"


def change_line(change: CellChange) -> str:
    """One changed amount in one line."""
    was, now = amount_words(change.was, change.unit), amount_words(change.now, change.unit)
    return f"{where_words(change)}: {change.row}, was {was}, is now {now}. Who may change it: {change.may_change}."


def count_line(told: HandMade) -> str:
    """How much was changed."""
    number = len(told.changes)
    return "The allocation is the plan's own: nothing was changed." if not number else f"{number:,} amount{'s' * (number != 1)} changed."


def rules_line(told: HandMade) -> str:
    """Whether the hand-made plan keeps the rules; rules that give way at the board's price are kept."""
    if told.broken:
        number = len(told.broken)
        return f"It does not keep every rule. {number:,} thing{'s' * (number != 1)} to mend, with where and by how much:"
    if told.gives_way:
        number = len(told.gives_way)
        return f"It keeps every rule that is on, but for those that may give way at a price of the board's: they do so in {number:,} place{'s' * (number != 1)}."
    return "It keeps every rule that is on."


def stands_line(told: HandMade) -> str:
    """How the standards stand, counts first, beside the plan."""
    assert told.stands is not None
    assert told.plan_stands is not None
    here, plan = told.stands, told.plan_stands
    return (
        f"Standards fully met: {here.met:,} of {here.standards:,} (the plan: {plan.met:,}); partly met: {here.partly_met:,} ({plan.partly_met:,}); "
        f"under half: {here.under_half:,} ({plan.under_half:,}); out of reach: {here.out_of_reach:,}."
    )


def close_line(told: HandMade) -> str:
    """How close it is to the best these rules allow, beside the plan."""
    points, bound = most_points(told.points), least_points(told.bound_points)
    apart = points_apart(points, bound)
    end = (
        f"so it is within {apart} points of the best these rules allow."
        if not told.broken
        else f"so it is {apart} points from that. It breaks rules, so part of the difference is what those rules protect."
        if float(points) >= float(bound)
        else "so it comes below that only because it breaks rules."
    )
    return (
        f"Need below the board's line, with the price of any rule that gives way, is {points} points here and {most_points(told.plan_points)} in the plan. "
        f"No plan within these rules comes below {bound}, {end}"
    )


def payments_line(told: HandMade) -> str:
    """What was done about who pays, where anything was."""
    if told.is_paid_again:
        return "Which fund pays what was worked out again for these amounts, as the sheet Money was left as it was."
    return ""


def need_line(told: HandMade) -> str:
    """Where need met comes from."""
    if told.is_best_use:
        return f"{_KEPT}; all others make the best use of theirs."
    return (
        f"{_KEPT}. The best use of what all others have was not found in time, so theirs is shared evenly over what they need, and the plan may be closer to the "
        "best than is said here: bring the workbook back again later to have it worked out."
    )
