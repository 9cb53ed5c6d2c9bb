"""The words of the pages of drafts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import url_for

from planner.documents import Json, sha256_of
from planner.need import World
from planner.partnership import GRANT_ITEM, Bound, DecisionRight, HeadRule
from planner.plan import Amounts
from planner.reasons import half_days
from planner.store import Transaction
from planner.store.drafts import Draft, DraftRow
from planner.tried import Tried, tried_of
from web.names import partnership_name
from web.navigation import Step, proposals_steps
from web.shelf import KeptPlan
from web.tables import TableCell, TableView, row, table, words
from web.try_it.forms import AS_PLANNED, AT_LEAST, AT_MOST, EXACTLY, LAST_YEAR
from web.try_it.results import Clash, Result, change_words, clash_of, estimate_words, price_words, result_of, wish_words
from web.try_it.sliders import Slider, Switch, policy_with, sliders, switches
from web.words import moment, pounds

WORKING = "The whole answer is being worked out. It takes about ten seconds, a little longer where the rules clash."
NOT_FOUND = "No plan was found in the time given, nor was it proved that there is none. Ask for a little less, or try again."
NOTHING_TRIED = "Nothing is tried yet. Add a rule for your own school or move a setting, and this shows who would get more and who less."
NOTHING_TRIED_HERE = "Nothing is tried yet. Move a setting, and this shows who would get more and who less."


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftsView:
    """One's own drafts."""

    partnership: str
    steps: tuple[Step, ...]
    table: TableView
    plan: str
    plan_href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One rule for one's own school."""

    rule_id: str
    title: str
    state: str
    price: str
    is_locked: bool
    change_href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the answer stands: what the estimate said, and the whole answer where it is there."""

    estimate: str
    sentence: str
    is_going: bool
    result: Result | None
    clash: Clash | None
    may_retry: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftView:
    """A draft's page."""

    partnership: str
    number: int
    name: str
    version: int
    etag: str
    about: str
    plan: str
    plan_href: str
    school: str
    is_kept: bool
    may_undo: bool
    may_redo: bool
    cards: tuple[Card, ...]
    sliders: tuple[Slider, ...]
    switches: tuple[Switch, ...]
    changes: tuple[str, ...]
    standing: Standing
    may_submit: bool


def drafts_view(tx: Transaction, partnership_id: int, user_id: int) -> DraftsView:
    """The list."""
    mine = tx.drafts.drafts_of(partnership_id=partnership_id, user_id=user_id)
    plan = tx.plans.for_schools(partnership_id=partnership_id)
    return DraftsView(
        partnership=partnership_name(tx, partnership_id),
        steps=proposals_steps(partnership_id, "try_it.drafts"),
        table=table(
            "Your drafts", words("Draft", "Beside", "Last changed", "State"),
            [
                row(
                    TableCell(text=one.name, href=draft_url(one)), f"Plan {one.plan_id}", moment(one.changed_at),
                    TableCell(text="Kept", tag="green") if one.kept_at else TableCell(text="Not kept yet", tag="grey"),
                )
                for one in mine
            ],
            is_caption_hidden=True,
        ),
        plan="" if plan is None else f"Open plan {plan.plan_id}",
        plan_href="" if plan is None else url_for("plans.summary_page", partnership_id=partnership_id, plan_id=plan.plan_id),
    )  # fmt: skip


def draft_view(
    partnership: str, kept: KeptPlan, draft: Draft, own_urns: tuple[int, ...], *, typed: Mapping[str, str] | None = None,
    faults: Mapping[str, str] | None = None,
) -> DraftView:  # fmt: skip
    """A draft as it stands; with what was typed and is wrong where it was refused."""
    world = kept.facts.world
    tried = tried_of(world, draft.held)
    policy = policy_with(world, dict(tried.settings))
    standing = _standing(draft, tried, own_urns, _school(world, draft.urn))
    prices = draft.estimate["prices"] if draft.estimate is not None and draft.estimate["key"] == tried.key else {}
    return DraftView(
        partnership=partnership,
        number=draft.id,
        name=draft.name,
        version=draft.version,
        etag=draft_etag(draft, own_urns),
        about="Only you can see this draft. Nothing in it changes the plan until the board agrees a proposal.",
        plan=f"plan {kept.plan_id}, made {moment(kept.made_at)}",
        plan_href=url_for("plans.summary_page", partnership_id=kept.partnership_id, plan_id=kept.plan_id),
        school=_school(world, draft.urn),
        is_kept=draft.kept_at is not None,
        may_undo=draft.cursor > 0,
        may_redo=draft.cursor < len(draft.steps),
        cards=_cards(world, draft, tried, prices),
        sliders=sliders(world, policy, typed, faults),
        switches=switches(world, policy),
        changes=tuple(change_words(world, tried)),
        standing=standing,
        may_submit=standing.result is not None,
    )


def draft_etag(draft: Draft, own_urns: tuple[int, ...]) -> str:
    """What changes whenever a draft's page would say anything else."""
    answers = (None if one is None else one["key"] for one in (draft.estimate, draft.answer))
    return sha256_of([draft.id, draft.version, draft.asked, *answers, *own_urns])


def draft_url(draft: DraftRow, endpoint: str = "draft", **more: Any) -> str:
    """The address of a draft, or of something done to it."""
    return url_for(f"try_it.{endpoint}", partnership_id=draft.partnership_id, draft_id=draft.id, **more)


def items_of(world: World, urn: int) -> list[tuple[str, str]]:
    """What a school's own rule may be about: its grant, and services that serve schools; with what the school has."""
    services = [s for s in world.partnership.services if s.decision_right is not DecisionRight.INFORMATION]
    return [
        (GRANT_ITEM, "Grant"),
        *((s.service_id, s.name) for s in services if world.policy.role(s.role).serves != "zone"),
    ] if urn else []  # fmt: skip


def planned_of(amounts: Amounts, urn: int, item: str) -> int:
    """What a plan gives a school of an item: pounds or half-days."""
    if item == GRANT_ITEM:
        return sum(given for (to, _), given in amounts.grants.items() if to == urn)
    return amounts.sessions.get((str(urn), item), 0)


def last_year_of(world: World, urn: int, item: str) -> int | None:
    """What a school had of an item last year; None where that is not known."""
    return next((one.amount for one in world.partnership.last_year if (one.urn, one.item) == (urn, item)), None)


def what_is_there(kept: KeptPlan, urn: int) -> TableView:
    """What the plan gives one's own school beside last year, to choose amounts by."""
    world = kept.facts.world

    def said(item: str, amount: int | None) -> str:
        return "not known" if amount is None else pounds(amount) if item == GRANT_ITEM else half_days(amount)

    return table(
        "What your school has", words("Item", "Last year", "In the plan"),
        [row(name, said(item, last_year_of(world, urn, item)), said(item, planned_of(kept.facts.amounts, urn, item))) for item, name in items_of(world, urn)],
    )  # fmt: skip


def wish_typed(kept: KeptPlan, urn: int, typed: Any) -> tuple[HeadRule | None, str, str]:
    """The rule that a form asks for; else the field that is wrong, and why."""
    item, how, world = typed.item.data, typed.how.data, kept.facts.world
    bound = {
        AT_LEAST: Bound.AT_LEAST,
        AT_MOST: Bound.AT_MOST,
        LAST_YEAR: Bound.AT_LEAST,
        EXACTLY: Bound.EXACTLY,
        AS_PLANNED: Bound.EXACTLY,
    }[how]
    if how == LAST_YEAR:
        had = last_year_of(world, urn, item)
        if had is None:
            return None, "how", "What the school had last year is not known for this item: give an amount with at least."
        amount = had
    elif how == AS_PLANNED:
        amount = planned_of(kept.facts.amounts, urn, item)
    else:
        text = (typed.amount.data or "").replace("£", "").replace(",", "").strip()
        if not (text.isascii() and text.isdigit() and len(text) <= 8):
            return None, "amount", "Enter the amount in whole numbers, such as 12000."
        amount = int(text)
    return (
        HeadRule(rule_id=typed.rule_id.data or "", urn=urn, item=item, bound=bound, amount=amount, is_locked=typed.is_locked.data),
        "",
        "",
    )


def _cards(world: World, draft: Draft, tried: Tried, prices: Json) -> tuple[Card, ...]:
    if draft.urn is None:
        return ()
    own = [rule for rule in world.partnership.head_rules if rule.urn == draft.urn and rule.rule_id not in tried.taken_away]
    return tuple(
        Card(
            rule_id=wish.rule_id, title=wish_words(world, wish), is_locked=wish.is_locked,
            state="Tried in this draft" if wish in tried.wishes else "In the plan already",
            price=price_words(prices[wish.rule_id], draft.urn) if wish.rule_id in prices else "Its price is being worked out." if wish in tried.wishes and draft.asked else "",
            change_href=draft_url(draft, change=wish.rule_id, _anchor="wish"),
        )
        for wish in (*own, *tried.wishes)
    )  # fmt: skip


def _standing(draft: Draft, tried: Tried, own_urns: tuple[int, ...], school: str) -> Standing:
    has_estimate = draft.estimate is not None and draft.estimate["key"] == tried.key
    estimate = estimate_words(draft.estimate) if has_estimate and draft.estimate is not None else ""
    blank = Standing(estimate=estimate, sentence="", is_going=False, result=None, clash=None, may_retry=False)
    if tried.is_nothing:
        return replace(blank, sentence=NOTHING_TRIED if school else NOTHING_TRIED_HERE)
    answer = draft.answer if draft.answer is not None and draft.answer["key"] == tried.key else None
    if answer is None and draft.asked == tried.key:
        return replace(blank, sentence=WORKING, is_going=True)
    if answer is None:
        return replace(blank, sentence="It is not worked out yet.", may_retry=True)
    if answer["ending"] == "found":
        return replace(blank, result=result_of(answer, school))
    if answer["ending"] == "impossible":
        return replace(blank, clash=clash_of(answer, own_urns))
    return replace(blank, sentence=answer["why"] if answer["ending"] == "failed" else NOT_FOUND, may_retry=True)


def _school(world: World, urn: int | None) -> str:
    return next((school.name for school in world.partnership.schools if school.urn == urn), "")


def new_name(number: int, plan_id: int) -> str:
    """A draft's first name."""
    return f"Draft {number}, beside plan {plan_id}"
