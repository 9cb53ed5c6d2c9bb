"""The words of claims on the moderated pot: the list with the pot's year, a new claim, and one claim's story."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flask import url_for

from planner.need import World
from planner.offers import dearest_pounds, is_paid
from planner.partnership import Partnership, Pot
from planner.pots import (
    Left,
    PotAccount,
    answer_claim,
    balance_sentence,
    claim_sentences,
    day_of_year,
    forecast_sentences,
    left_by_day,
    outside_year_sentence,
    pot_account,
)
from planner.store import ClaimState, Transaction
from planner.store.moderation import PotClaim
from planner.words import day
from web.access import Permission, User
from web.change.forms import ClaimForm
from web.names import name_of, partnership_name
from web.plans.presenters.pots import with_draws
from web.shelf import Figures, KeptPlan
from web.tables import MOST_SHOWN, TableCell, TableView, numbers, row, table, words
from web.words import count, moment, pounds, today, upper_first

STATES = {
    ClaimState.LODGED: ("Waits for the board", "yellow"),
    ClaimState.GRANTED: ("Granted", "green"),
    ClaimState.PART_GRANTED: ("Granted in part", "blue"),
    ClaimState.DECLINED: ("Declined", "grey"),
}
WITHDRAWN = ("Withdrawn", "grey")
FEWEST_ALIKE = 3
"""A phase with fewer schools would say whose claim it is."""
WIDE, HIGH = 1000, 100
SHEET_TOP, SHEET_HIGH = 22, 120
"""Where the field of the chart stands in its sheet, in pixels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BurnDown:
    """What was left of the pot day by day, and where the pace since September leads: two paths in a field of 1000 by 100, and words."""

    says: str
    left_path: str
    ahead_path: str
    top: str
    bottom: str
    nought_y: str
    begin: str
    end: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PotNow:
    """The moderated pot as it stands."""

    outside: str
    sentences: tuple[str, ...]
    chart: BurnDown
    by_half_term: TableView
    plan_href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimsView:
    """Every claim of a partnership, and the pot they are on (None: there is no plan yet)."""

    partnership: str
    own_schools: tuple[tuple[str, str], ...]
    pot: PotNow | None
    claims: TableView
    show_all: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewClaimView:
    """What a claim is going to be about; ``not_yet`` says what would make one possible."""

    partnership_id: int
    partnership: str
    school: str
    not_yet: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Something that was said or done: who, when, in which words."""

    what: str
    who_and_when: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimView:
    """One claim with its story, what paying it would do, and whether who is asking may decide it."""

    partnership: str
    title: str
    state: str
    tag: str
    whose: str
    story: tuple[Happening, ...]
    would: tuple[str, ...]
    decide_href: str
    withdraw_href: str
    back_href: str


# --- the list ------------------------------------------------------------------------------


def claims_view(
    tx: Transaction, kept: KeptPlan | None, figures: Figures | None, user: User, partnership_id: int, *, is_all: bool
) -> ClaimsView:
    """The claims, newest first, each without its school but for those who may know it. All where that is asked for."""
    claims = tx.moderation.claims(partnership_id=partnership_id)
    some = claims if is_all else claims[:MOST_SHOWN]
    p = None if kept is None else kept.facts.partnership
    names = {} if p is None else {school.urn: school.name for school in p.schools}
    is_any_known = any(user.may(Permission.READ_CLAIMANT, partnership_id, one.urn) for one in claims)
    return ClaimsView(
        partnership=partnership_name(tx, partnership_id),
        own_schools=tuple(
            (names.get(urn, "our school"), url_for("change.new_claim_page", partnership_id=partnership_id, urn=urn))
            for urn in user.urns_in(partnership_id)
        ),
        pot=None if kept is None else pot_now(kept, figures, claims),
        claims=table(
            "Claims, newest first" if len(some) == len(claims) else f"Claims, newest first: {len(some):,} of {len(claims):,}",
            (*words("Claim", *(["School"] if is_any_known else []), "State"), *numbers("It costs the pot", "Drawn")),
            [
                row(
                    TableCell(text=title(one, p), href=url_for("change.claim", partnership_id=partnership_id, claim_id=one.id)),
                    *([_whose(one, names, user) or "Not shown"] if is_any_known else []),
                    TableCell(text=state_of(one)[0], tag=state_of(one)[1]),
                    TableCell(text=pounds(one.pounds), value=one.pounds),
                    TableCell(text="None" if one.granted_pounds is None else pounds(one.granted_pounds), value=one.granted_pounds),
                )
                for one in some
            ],
            empty="No claim has been lodged here yet. A head lodges one on this page; the board decides it each half-term. What was drawn before came with the figures.",
        ),
        show_all=f"Show all {len(claims):,} claims" if len(some) < len(claims) else "",
    )


def state_of(one: PotClaim) -> tuple[str, str]:
    """How a claim stands, in words, and the colour of that."""
    return STATES[one.state] if one.withdrawn_at is None else WITHDRAWN


def may_withdraw(user: User, one: PotClaim) -> bool:
    """Whether somebody heads the school whose claim it is, and the board has still to decide it."""
    return one.is_waiting and one.urn in user.urns_in(one.partnership_id)


def title(one: PotClaim, p: Partnership | None) -> str:
    """A claim without its school: "Claim 3: primary, 30 half-days of specialist teaching"."""
    school = None if p is None else next((school for school in p.schools if school.urn == one.urn), None)
    alike = 0 if p is None or school is None else sum(other.phase is school.phase for other in p.schools)
    whose = f"{school.phase.value}, " if school is not None and alike >= FEWEST_ALIKE else ""
    if not one.service_id:
        return f"Claim {one.id}: {whose}{pounds(one.amount)}"
    services = {} if p is None else {service.service_id: service.name for service in p.services}
    return f"Claim {one.id}: {whose}{count(one.amount, 'half-day')} of {services.get(one.service_id, one.service_id)}"


def _whose(one: PotClaim, names: dict[int, str], user: User) -> str:
    may_know = user.may(Permission.READ_CLAIMANT, one.partnership_id, one.urn)
    return names.get(one.urn, f"The school with URN {one.urn}") if may_know else ""


# --- the pot -------------------------------------------------------------------------------


def pot_now(kept: KeptPlan, figures: Figures | None, claims: tuple[PotClaim, ...]) -> PotNow:
    """The moderated pot on this day, with every draw so far."""
    world, _ = with_draws(kept, figures, claims)
    on = day_of_year(world.partnership, today())
    account = pot_account(world, kept.facts.amounts, Pot.MODERATED, on)
    return PotNow(
        outside=outside_year_sentence(world.partnership, today()),
        sentences=(balance_sentence(account), *forecast_sentences(account)),
        chart=burn_down(world, account),
        by_half_term=table(
            "The same by half-term",
            (*words("Half-term"), *numbers("Released", "Drawn", "Left at its end")),
            [
                row(
                    upper_first(stage.name),
                    *(TableCell(text=pounds(n), value=n) for n in (stage.released_pounds, stage.drawn_pounds, stage.left_pounds)),
                )
                for stage in account.stages
            ],
        ),
        plan_href=url_for("plans.pots", partnership_id=kept.partnership_id, plan_id=kept.plan_id),
    )


def burn_down(world: World, account: PotAccount) -> BurnDown:
    """The line of what is left: it falls with each draw and rises with each release."""
    so_far, ahead = left_by_day(world, account)
    first = so_far[0].on
    last = max([account.on, *(one.on for one in ahead)])
    highest = max([1, *(one.pounds for one in (*so_far, *ahead))])
    lowest = min([0, *(one.pounds for one in (*so_far, *ahead))])
    dry = account.since_september.dry_on if account.since_september else None
    leads = "" if account.since_september is None else f" At the pace since September it {_leads_to(dry)}."
    return BurnDown(
        says=f"What is left of the moderated pot, from {pounds(so_far[0].pounds)} on {day(first.isoformat())} "
        f"to {pounds(account.balance_pounds)} on {day(account.on.isoformat())}.{leads}",
        left_path=_path(so_far, first, last, lowest, highest),
        ahead_path=_path(ahead, first, last, lowest, highest),
        top=pounds(highest),
        bottom=pounds(lowest),
        nought_y=f"{SHEET_TOP + SHEET_HIGH * highest / (highest - lowest):.1f}" if lowest < 0 else "",
        begin=day(first.isoformat()),
        end=day(last.isoformat()),
    )


def _leads_to(dry: date | None) -> str:
    return "lasts the year" if dry is None else f"runs dry on {day(dry.isoformat())}"


def _path(days: Sequence[Left], first: date, last: date, lowest: int, highest: int) -> str:
    wide, high = max((last - first).days, 1), highest - lowest
    points = [(f"{WIDE * (one.on - first).days / wide:.1f}", f"{HIGH * (highest - one.pounds) / high:.2f}") for one in days]
    steps: list[str] = []
    level = ""
    for x, y in points:
        if not steps:
            steps.append(f"M{x} {y}")
        elif y != level:
            steps.append(f"H{x}V{y}")
        level = y
    return "".join([*steps, f"H{points[-1][0]}"]) if points else ""


# --- a new one -----------------------------------------------------------------------------


def new_claim(tx: Transaction, kept: KeptPlan | None, partnership_id: int, urn: int) -> NewClaimView:
    """What a claim of a school may be."""
    names = {} if kept is None else {school.urn: school.name for school in kept.facts.partnership.schools}
    not_yet = "There is no plan yet, so there is no pot to claim from. Once the board has made one, claim here." if kept is None else ""
    if kept is not None and urn not in names:
        not_yet = f"Plan {kept.plan_id}, which schools read, was made without this school. Once it is in the plan, claim here."
    return NewClaimView(
        partnership_id=partnership_id,
        partnership=partnership_name(tx, partnership_id),
        school=names.get(urn, f"The school with URN {urn}"),
        not_yet=not_yet,
    )


def fill_services(form: ClaimForm, kept: KeptPlan) -> None:
    """Money, or the time of a service that costs something, each with its price."""
    p = kept.facts.partnership
    sold = [service for service in p.services if is_paid(p, service)]
    form.of.choices = [
        ("", "Money, in pounds"),
        *((s.service_id, f"Half-days of {s.name}, {pounds(dearest_pounds(p, s))} each") for s in sold),
    ]
    if form.of.data is None:
        form.of.data = ""


# --- one claim -----------------------------------------------------------------------------


def claim_view(tx: Transaction, kept: KeptPlan | None, figures: Figures | None, user: User, one: PotClaim) -> ClaimView:
    """One claim, for the board, its own head or anybody else."""
    here = one.partnership_id
    p = None if kept is None else kept.facts.partnership
    names = {} if p is None else {school.urn: school.name for school in p.schools}
    whose, may_decide = _whose(one, names, user), user.may(Permission.DECIDE_CLAIMS, here)
    what_for = one.what_for if whose or may_decide else "What it is for is shown to the school itself, the board and administrators."
    by = f"by {name_of(tx, one.lodged_by)}, " if whose else ""
    story = [Happening(what="Lodged", who_and_when=f"{by}{moment(one.lodged_at)}", text=what_for)]
    if one.decided_at is not None:
        granted = f": {pounds(one.granted_pounds)} drawn on {day(one.drawn_on)}" if one.granted_pounds and one.drawn_on else ""
        story.append(
            Happening(
                what=f"{STATES[one.state][0]}{granted}",
                who_and_when=f"by {name_of(tx, one.decided_by)}, {moment(one.decided_at)}",
                text=one.reason or "",
            )
        )
    if one.withdrawn_at is not None:
        story.append(
            Happening(what="Withdrawn", who_and_when=f"by its school, {moment(one.withdrawn_at)}", text="The board decides it no more.")
        )
    return ClaimView(
        partnership=partnership_name(tx, here),
        title=title(one, p),
        state=state_of(one)[0],
        tag=state_of(one)[1],
        whose=whose,
        story=tuple(story),
        would=_would(tx, kept, figures, one) if one.is_waiting and kept is not None else (),
        decide_href=url_for("change.decide", partnership_id=here, claim_id=one.id) if one.is_waiting and may_decide else "",
        withdraw_href=url_for("change.withdraw_claim", partnership_id=here, claim_id=one.id) if may_withdraw(user, one) else "",
        back_href=url_for("change.claims", partnership_id=here),
    )


def _would(tx: Transaction, kept: KeptPlan, figures: Figures | None, one: PotClaim) -> tuple[str, ...]:
    """What paying the claim would do to the pot."""
    world, _ = with_draws(kept, figures, tx.moderation.claims(partnership_id=one.partnership_id))
    on = day_of_year(world.partnership, today())
    answer = answer_claim(world, kept.facts.amounts, Pot.MODERATED, on, one.pounds)
    return claim_sentences(answer, when="now" if on == today() else "on that day")
