"""Plans between the fairest and the one that meets most need, and what it would cost to have both."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for

from planner.audit import leads, price_points
from planner.documents import Json
from planner.export.priced import price_note
from planner.words import least_points, most_points
from web.charts import Cross, Scatter, scatter
from web.plans.presenters.answers import FIGURES, Known, Stands, known, with_price
from web.plans.presenters.cells import points_below, points_met
from web.plans.presenters.frame import plan_url
from web.shelf import KeptPlan
from web.tables import TableCell, TableView, numbers, row, table, words
from web.words import count, pounds

STEPS = "It was looked for in steps of £10,000."


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """The points as a picture and a table, the price of fairness, and how both are known."""

    chart: Scatter
    table: TableView
    price: str
    left_out: str
    opens: str
    known: Known
    json_href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FairnessView:
    """The page; ``points`` is None until they are worked out, or where no plan was found."""

    stands: Stands
    figures: str
    line: str
    price_note: tuple[str, ...]
    points: Points | None


def fairness(kept: KeptPlan, standing: Stands, found: Json | None, *, may_compare: bool) -> FairnessView:
    """The points from the fairest plan to the most need met."""
    line = f"{float(kept.facts.policy.board.line_percent):g}"
    points = None if found is None or not found["points"] else _points(kept, found, may_compare=may_compare)
    return FairnessView(stands=standing, figures=FIGURES, line=line, price_note=price_note(kept.facts.policy), points=points)


def _points(kept: KeptPlan, found: Json, *, may_compare: bool) -> Points:
    here_below, here_met = _here(kept)
    policy, points, price = kept.facts.policy, found["points"], found["price_of_fairness"]
    below = f"Need below the line{with_price(policy)}, points"
    met = f"Need met in all{' less that price' if policy.has_prices else ''}, points"
    hrefs = [_opened(kept, n) if may_compare and p.get("amounts") else "" for n, p in enumerate(points, start=1)]
    rows = [
        row(
            TableCell(text=f"Dot {n}{_which(n, len(points))}", href=hrefs[n - 1]),
            points_below(p["shortfall_points"]),
            TableCell(text=least_points(p["least_shortfall_points"]), value=p["least_shortfall_points"]),
            points_met(100 - p["unmet_points"]),
            TableCell(text=most_points(100 - p["least_unmet_points"]), value=100 - p["least_unmet_points"]),
        )
        for n, p in enumerate(points, start=1)
    ]
    rows.append(row("This plan, beside them", points_below(here_below), "", points_met(here_met), ""))
    headings = (
        *words("Dot"),
        *numbers(below, "With as much need met, none can leave less than"),
        *numbers(met, "With as little below the line, none can meet more than"),
    )
    crosses = [
        Cross(
            name=str(n), x=p["shortfall_points"], x_least=p["least_shortfall_points"], y=100 - p["unmet_points"],
            y_most=100 - p["least_unmet_points"], href=hrefs[n - 1],
        )
        for n, p in enumerate(points, start=1)
    ]  # fmt: skip
    first, last = points[0], points[-1]
    says = (
        f"{count(len(points), 'plan')}: from {most_points(first['shortfall_points'])} points below the line{with_price(policy)} and {least_points(100 - first['unmet_points'])} met "
        f"to {most_points(last['shortfall_points'])} below the line and {least_points(100 - last['unmet_points'])} met. The table below holds every figure."
    )
    return Points(
        chart=scatter(
            anchor="fairness-chart",
            title="Each dot is a plan",
            says=says,
            axes=(below, met),
            crosses=crosses,
            mark=Cross(name="this plan", x=here_below, x_least=here_below, y=here_met, y_most=here_met),
        ),
        table=table("From the fairest plan to the one that meets most need", headings, rows),
        opens=_opens(hrefs) if may_compare else "",
        price=price_sentence(price, 100 - last["unmet_points"]),
        left_out=f"{count(found['dropped'], 'more plan')} found and left out: another is as good in both." if found["dropped"] else "",
        known=known([s for p in points for s in p["searches"]] + price["searches"], "the plans and the price of fairness"),
        json_href=plan_url(kept, "plans.answer_file", kind="frontier"),
    )


def _opened(kept: KeptPlan, number: int) -> str:
    """A dot's plan beside the plan it was found for."""
    return url_for("compare.page", partnership_id=kept.partnership_id, of=[str(kept.plan_id), f"{kept.plan_id}.{number}"])


def _opens(hrefs: list[str]) -> str:
    """Which dots open their plans."""
    if all(hrefs):
        return "Select a dot, or its name in the table, to see its plan beside this one."
    if any(hrefs):
        return "Select a dot to see its plan beside this one; a dot that is no link could not be paid for to the pound, so it is no whole plan."
    return "The plans behind these dots were not kept: to see them, plan again."


def _here(kept: KeptPlan) -> tuple[float, float]:
    """Where this plan stands in the quantities of the others: the price of rules that give way adds to the one and lessens the other."""
    world, amounts = kept.facts.world, kept.facts.amounts
    return leads(world, amounts), kept.facts.ways[0].standing.need_met_points - float(price_points(world, amounts))


def price_sentence(price: Json, met_points: float) -> str:
    """What it would cost to have both ends at once."""
    what = f"no more need below the line than the fairest plan leaves, and as much need met as the last meets ({least_points(met_points)} points)"
    if price["enough_pounds"] == 0:
        return f"A plan was found that has both: {what}. So these searches show no price of fairness."
    if price["enough_pounds"] is None:
        most = f"{pounds(price['limit_pounds'])} more for grants"
        is_proved = price["too_little_pounds"] == price["limit_pounds"]
        start = f"Not even {most} gives" if is_proved else f"No plan was found, with up to {most}, that has"
        return f"{start} both: {what}. {STEPS}"
    proved = f" {pounds(price['too_little_pounds'])} was proved too little." if price["too_little_pounds"] is not None else ""
    return f"{pounds(price['enough_pounds'])} more for grants would give both: {what}.{proved} {STEPS}"


def _which(number: int, of: int) -> str:
    return ", the fairest" if number == 1 else ", the most need met" if number == of else ""
