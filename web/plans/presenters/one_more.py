"""What one more would be worth: half-days of each service, £10,000 in each fund, a larger base."""

from __future__ import annotations

from dataclasses import dataclass

from planner.documents import Json
from planner.export.priced import price_note
from planner.words import least_points, most_points
from web.plans.presenters.answers import FIGURES, Known, Stands, known, with_price
from web.plans.presenters.frame import plan_url
from web.shelf import KeptPlan
from web.tables import Fact, TableCell, TableView, numbers, row, table, words
from web.words import count, pounds, upper_first

MOST_STEPS = 5
NOTHING = "none shown"
"""A gain that is no larger than what the searches leave open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """What more of one kind of thing is worth: sentences for what is worth most, then every step."""

    title: str
    sentences: tuple[str, ...]
    steps: TableView


@dataclass(frozen=True, slots=True, kw_only=True)
class OneMore:
    """What was found."""

    best: str
    worths: tuple[Worth, ...]
    proved: TableView
    notes: tuple[Fact, ...]
    known: Known
    json_href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OneMoreView:
    """The page; ``found`` is None until it is worked out."""

    stands: Stands
    figures: str
    price_note: tuple[str, ...]
    found: OneMore | None


def one_more(kept: KeptPlan, standing: Stands, found: Json | None) -> OneMoreView:
    """The next steps of everything that there could be more of."""
    note = price_note(kept.facts.policy)
    return OneMoreView(stands=standing, figures=FIGURES, price_note=note, found=None if found is None else _found(kept, found))


def _found(kept: KeptPlan, found: Json) -> OneMore:
    best, values = found["best"], found["values"]
    searches = [*found["best_searches"], *(s for value in values for step in value["steps"] for s in step["searches"])]
    return OneMore(
        best=(
            f"Under today's rules and figures the best plan leaves between {least_points(best['least_points'])} and {most_points(best['most_points'])} points of "
            f"need below the board's line{with_price(kept.facts.policy)}. With more, it could leave less: each figure below is by how much."
        ),
        worths=tuple(
            worth
            for worth in (
                _worth(values, "half-days", "More half-days", [count(n, "half-day") for n in range(1, MOST_STEPS + 1)]),
                _worth(values, "pounds", "More money", [pounds(10_000 * n) for n in range(1, MOST_STEPS + 1)]),
                _worth(values, "places", "Larger bases", ["The next size up"]),
            )
            if worth is not None
        ),
        proved=_proved(values),
        notes=tuple(Fact(label=value["name"], text=f"{upper_first(value['note'])}.") for value in values if value["note"]),
        known=known(searches, "what one more would be worth"),
        json_href=plan_url(kept, "plans.answer_file", kind="values"),
    )


def _worth(values: list[Json], unit: str, title: str, steps: list[str]) -> Worth | None:
    here = [value for value in values if value["unit"] == unit and value["steps"]]
    if not here:
        return None
    ranked = sorted(here, key=lambda value: -value["steps"][-1]["gained_points"])
    shown = [value for value in ranked if any(step["is_shown"] for step in value["steps"])]
    return Worth(
        title=title,
        sentences=tuple(_sentence(value) for value in shown) or ("More of any of these shows no gain.",),
        steps=table(
            f"{title}: by how many points less need is left below the line",
            (*words("Of what"), *numbers(*steps)),
            [row(value["name"], *_cells(value, len(steps))) for value in ranked],
        ),
    )


def _sentence(value: Json) -> str:
    """The step that is worth most for what it takes, in words: the first from which more gains no more."""
    gains = [step for step in value["steps"] if step["is_shown"]]
    most = max(step["gained_points"] for step in gains)
    best = next(step for step in gains if step["gained_points"] >= most - 0.005)
    return f"{_amount(value, best['amount'])} {_of(value)} would meet {least_points(best['gained_points'])} points of the need left below the line."


def _amount(value: Json, amount: int) -> str:
    if value["unit"] == "pounds":
        return f"{pounds(amount)} more"
    if value["unit"] == "places":
        return f"Up to {count(amount, 'place')}"
    return "The next half-day" if amount == 1 else f"The next {count(amount, 'half-day')}"


def _of(value: Json) -> str:
    return f"{'of' if value['unit'] == 'half-days' else 'in'} {value['name']}"


def _cells(value: Json, wanted: int) -> list[TableCell]:
    """A cell for each step; where only the last was searched, it gains nothing that shows, so fewer do not either."""
    steps = value["steps"]
    if len(steps) < wanted:
        steps = [steps[-1]] * wanted
    return [
        TableCell(text=least_points(step["gained_points"]) if step["is_shown"] else NOTHING, value=step["gained_points"] if step["is_shown"] else None)
        for step in steps
    ]  # fmt: skip


def _proved(values: list[Json]) -> TableView:
    rows = [
        row(
            f"{_amount(value, step['amount'])} {_of(value)}",
            least_points(step["proved"]["least_points"]),
            "not known" if step["proved"]["most_points"] is None else most_points(step["proved"]["most_points"]),
        )
        for value in values
        for step in value["steps"]
    ]
    return table("What is proved of each gain, in points", (*words("What there is more of"), *numbers("At least", "At most")), rows)
