"""Why a school gets what it gets, why not more, and what it would take: each sentence with the searches behind it."""

from __future__ import annotations

from dataclasses import dataclass

from planner.documents import Json
from planner.export.priced import price_note
from planner.store import AnswerKind, AnswerState
from planner.store.answers import AnswerRow
from planner.words import least_points, most_points
from web.plans.presenters.answers import FIGURES, Known, Stands, known, listed_sentences, stands, with_price
from web.plans.presenters.cells import money, whole
from web.plans.presenters.frame import plan_url
from web.shelf import KeptPlan
from web.tables import TableView, numbers, row, table, words
from web.words import upper_first

BUTTON = "Work out why, why not and what it would take"


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyDoor:
    """The way from a school's page to why: the page where it is there or under way, else the button for who may ask."""

    sentence: str
    href: str
    link: str
    ask_href: str


def why_door(kept: KeptPlan, urn: int, row_: AnswerRow | None, *, may_ask: bool) -> WhyDoor:
    """What stands on the school's page."""
    here = stands(AnswerKind.WHY, row_, may_ask=may_ask)
    about = "The planner can say what each rule adds or takes for this school, what more would cost the others, and what would give it."
    if here.is_there:
        sentence, link = (
            "This was worked out for the school: each rule's part, what more would cost the others, and what would give it.",
            "Read why",
        )
    elif here.is_going:
        sentence, link = f"Why, why not and what it would take {_going(row_)}", "See whether it is there"
    else:
        failed = f" It was tried: {here.sentence[0].lower()}{here.sentence[1:]}" if row_ is not None else ""
        whose = "" if may_ask else " The school's head or the board can ask for it; then everybody who reads this plan can read it here."
        sentence, link = f"{about}{failed}{whose}", ""
    return WhyDoor(
        sentence=sentence,
        href=plan_url(kept, "plans.why", urn=urn) if link else "",
        link=link,
        ask_href=plan_url(kept, "plans.ask_why", urn=urn) if here.can_ask else "",
    )


def _going(row_: AnswerRow | None) -> str:
    if row_ is not None and row_.state is AnswerState.RUNNING:
        return "is being worked out now. It takes a few minutes at most."
    return "is asked for. It is worked out once no plan waits to be made, and takes a few minutes at most."


@dataclass(frozen=True, slots=True, kw_only=True)
class Because:
    """One thing that is said, and how it is known."""

    title: str
    sentences: tuple[str, ...]
    known: Known


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasons:
    """The whole answer for a school."""

    shares: TableView
    today: str
    rules: tuple[Because, ...]
    quiet: tuple[str, ...]
    quiet_known: Known
    why_not: Because | None
    nothing_to_ask: str
    ways: tuple[Because, ...]
    other_ways: tuple[str, ...]
    json_href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyView:
    """The page; ``reasons`` is None until they are worked out."""

    school: str
    school_href: str
    stands: Stands
    ask_href: str
    button: str
    figures: str
    price_note: tuple[str, ...]
    reasons: Reasons | None


def school_why(kept: KeptPlan, urn: int, standing: Stands, found: Json | None) -> WhyView | None:
    """Everything about why; None where the school is no member."""
    school = next((s for s in kept.facts.partnership.schools if s.urn == urn), None)
    if school is None:
        return None
    return WhyView(
        school=school.name,
        school_href=plan_url(kept, "plans.school", urn=urn),
        stands=standing,
        ask_href=plan_url(kept, "plans.ask_why", urn=urn) if standing.can_ask else "",
        button=BUTTON,
        figures=FIGURES,
        price_note=price_note(kept.facts.policy),
        reasons=None if found is None else _reasons(kept, urn, found),
    )


def _reasons(kept: KeptPlan, urn: int, found: Json) -> Reasons:
    asked, best = found["why_not"], found["best"]
    said = {way["sentence"] for way in found["ways"]}
    return Reasons(
        shares=_shares(found["shares"]),
        today=(
            f"This plan leaves {most_points(found['plan_points'])} points of need below the board's line{with_price(kept.facts.policy)} in the whole "
            f"partnership, which is what 'shortfall' means here; the best these rules allow leaves between {least_points(best['least_points'])} and {most_points(best['most_points'])}."
        ),
        rules=tuple(
            Because(
                title=upper_first(rule["words"]),
                sentences=listed_sentences(rule["sentences"]),
                known=known(rule["searches"], f"without {rule['words']}"),
            )
            for rule in found["rules"]
        ),
        quiet=tuple(upper_first(words_) for words_ in found["no_difference"]),
        quiet_known=known(found["no_difference_searches"], "the rules that make no difference"),
        why_not=None
        if asked is None
        else Because(
            title=f"Why not: {asked['asked']}",
            sentences=listed_sentences(asked["sentences"]),
            known=known(asked["searches"], asked["asked"]),
        ),
        nothing_to_ask=""
        if asked is not None
        else f"Every standard of {found['school']} within reach is fully met, so there is nothing to ask for.",
        ways=tuple(
            Because(title=upper_first(way["words"]), sentences=(way["sentence"],), known=known(way["searches"], way["words"]))
            for way in found["ways"]
        ),
        other_ways=listed_sentences([sentence for sentence in found["ways_sentences"] if sentence not in said]),
        json_href=plan_url(kept, "plans.why_file", urn=urn),
    )


def _shares(shares: list[Json]) -> TableView:
    rows = []
    for share in shares:
        cell = money if share["unit"] == "pounds" else whole
        last = "not known" if share["last_year"] is None else cell(share["last_year"])
        rows.append(row(f"{upper_first(share['name'])}, {share['unit']}", cell(share["formula"]), cell(share["plan"]), last))
    return table(
        "What the school gets, beside a formula on need alone and last year",
        (*words("What"), *numbers("By a formula", "In this plan", "Last year")),
        rows,
    )
