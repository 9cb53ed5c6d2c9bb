"""The pots of a plan: what is left, where the draws lead, and what a claim would do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from flask import url_for

from planner.errors import InputMustBeMended
from planner.need import World
from planner.partnership import Draw, Partnership, Pot
from planner.pots import (
    PotAccount,
    answer_claim,
    balance_sentence,
    claim_sentences,
    day_of_year,
    draws_outside_year,
    forecast_sentences,
    outside_year_sentence,
    pot_account,
    share_sentence,
)
from planner.store.moderation import PotClaim, draws_of
from planner.words import day
from web.plans.presenters.cells import money
from web.plans.presenters.frame import plan_url
from web.shelf import Figures, KeptPlan
from web.tables import TableView, numbers, row, table, words
from web.words import count, today, upper_first

MOST_DIGITS = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class PotBlock:
    """One pot: what is left, where the draws lead, and its year so far."""

    name: str
    sentences: tuple[str, ...]
    stages: TableView


@dataclass(frozen=True, slots=True, kw_only=True)
class PotsView:
    """Both pots on a day, the draws, and the answer to a claim; ``fault`` says what was wrong with one."""

    sentence: str
    outside: str
    pots: tuple[PotBlock, ...]
    draws: TableView
    source: str
    source_href: str
    claimed: str
    claimed_from: str
    choices: tuple[str, ...]
    answer: tuple[str, ...]
    fault: str
    action: str


def with_draws(kept: KeptPlan, figures: Figures | None, granted: tuple[PotClaim, ...]) -> tuple[World, str]:
    """The plan's world with the draws of the newest figures of its year and those on claims that were granted, and whose figures they are."""
    world = kept.facts.world
    whose = "the figures that the plan was made from"
    draws = world.partnership.draws
    if figures is not None and figures.world.partnership.academic_year == world.partnership.academic_year:
        draws, whose = figures.world.partnership.draws, f"figures version {figures.version.version}"
    brought = {draw.draw_id for draw in draws}  # a claim that was brought with the figures counts once
    draws += tuple(draw for draw in draws_of(granted, world.partnership.academic_year) if draw.draw_id not in brought)
    return replace(world, partnership=replace(world.partnership, draws=draws)), whose


def pots(
    kept: KeptPlan, figures: Figures | None, *, granted: tuple[PotClaim, ...] = (), claim: str = "", pot: str = "",
    may_read: Callable[[Draw], bool] = lambda _: False,
) -> PotsView:  # fmt: skip
    """The pots with the draws of the newest figures of the plan's year and those on claims; ``claim`` is what somebody typed.

    ``may_read`` says whether the reader may see whose a draw was, and for what.
    """
    world, whose = with_draws(kept, figures, granted)
    on, outside_year = day_of_year(world.partnership, today()), outside_year_sentence(world.partnership, today())
    amounts = kept.facts.amounts
    accounts = tuple(pot_account(world, amounts, one, on) for one in Pot)
    wanted = Pot(pot) if pot in set(Pot) else Pot.MODERATED
    answer: tuple[str, ...] = ()
    fault = ""
    if claim:
        try:
            what = answer_claim(world, amounts, wanted, on, _pounds(claim))
            answer = claim_sentences(what, when="on that day" if outside_year else "now")
        except InputMustBeMended as error:
            fault = str(error)
    outside = draws_outside_year(world.partnership)
    return PotsView(
        sentence=share_sentence(amounts, accounts),
        outside=outside_year,
        pots=tuple(_block(account) for account in accounts),
        draws=_draws(world.partnership, kept, may_read),
        source=f"Draws are those in the sheet Draws of {whose}, and what was granted on claims since; bring a newer version to keep them up to date."
        + (f" {upper_first(count(len(outside), 'draw'))} dated outside {world.partnership.academic_year} count nowhere." if outside else ""),
        source_href=url_for("figures.money", partnership_id=kept.partnership_id),
        claimed=claim, claimed_from=wanted.value, choices=tuple(one.value for one in Pot), answer=answer, fault=fault,
        action=plan_url(kept, "plans.pots"),
    )  # fmt: skip


def _pounds(text: str) -> int:
    plain = text.strip().removeprefix("£").replace(",", "").replace(" ", "")
    if not (plain.isascii() and plain.isdigit() and len(plain) <= MOST_DIGITS and int(plain) > 0):
        raise InputMustBeMended("Enter the claim in whole pounds, such as 4000")
    return int(plain)


def _block(account: PotAccount) -> PotBlock:
    view = table(
        f"{upper_first(account.pot.value)} so far, pounds",
        (*words("From", "Begins"), *numbers("Brought", "Released", "Drawn", "Gone back on 31 March", "Left")),
        [
            row(
                upper_first(stage.name), day(stage.begins.isoformat()), money(stage.brought_pounds), money(stage.released_pounds),
                money(stage.drawn_pounds), money(stage.lost_pounds), money(stage.left_pounds),
            )
            for stage in account.stages
        ],
        is_caption_hidden=True,
    )  # fmt: skip
    return PotBlock(
        name=upper_first(account.pot.value),
        sentences=(balance_sentence(account), *forecast_sentences(account)),
        stages=view,
    )


def _draws(partnership: Partnership, kept: KeptPlan, may_read: Callable[[Draw], bool]) -> TableView:
    """Day, pot and pounds; whose draw and what for only for who may read it, where that is any."""
    latest = sorted(partnership.draws, key=lambda draw: draw.date, reverse=True)
    is_any_read = any(may_read(draw) for draw in latest)

    def whose(draw: Draw) -> tuple[str, ...]:
        if not is_any_read:
            return ()
        if not may_read(draw):
            return "Not shown", "Not shown"
        return "Several schools" if draw.urn is None else kept.facts.names.get(str(draw.urn), str(draw.urn)), draw.what_for

    return table(
        "What has been drawn, the latest first",
        (*words("Day", "Pot", *(("School", "What for") if is_any_read else ())), *numbers("Pounds")),
        [row(day(draw.date), upper_first(draw.pot.value), *whose(draw), money(draw.pounds)) for draw in latest],
        empty="Nothing has been drawn.",
    )
