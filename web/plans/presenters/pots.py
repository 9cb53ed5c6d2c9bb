"""The pots of a plan: what is left, where the draws lead, and what a claim would do."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flask import url_for

from planner.errors import InputMustBeMended
from planner.partnership import Draw, Partnership, Pot
from planner.pots import (
    PotAccount,
    answer_claim,
    balance_sentence,
    claim_sentences,
    draws_outside_year,
    forecast_sentences,
    pot_account,
    share_sentence,
    year_of,
)
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


def pots(kept: KeptPlan, figures: Figures | None, *, claim: str = "", pot: str = "") -> PotsView:
    """The pots with the draws of the newest figures of the plan's year; ``claim`` is what somebody typed."""
    world = kept.facts.world
    whose = "the figures that the plan was made from"
    if figures is not None and figures.world.partnership.academic_year == world.partnership.academic_year:
        world = replace(world, partnership=replace(world.partnership, draws=figures.world.partnership.draws))
        whose = f"figures version {figures.version.version}"
    first, last = year_of(world.partnership)
    on = min(max(today(), first), last)
    amounts = kept.facts.amounts
    accounts = tuple(pot_account(world, amounts, one, on) for one in Pot)
    wanted = Pot(pot) if pot in set(Pot) else Pot.MODERATED
    answer: tuple[str, ...] = ()
    fault = ""
    if claim:
        try:
            answer = claim_sentences(answer_claim(world, amounts, wanted, on, _pounds(claim)))
        except InputMustBeMended as error:
            fault = str(error)
    outside = draws_outside_year(world.partnership)
    return PotsView(
        sentence=share_sentence(amounts, accounts),
        pots=tuple(_block(account) for account in accounts),
        draws=_draws(world.partnership, kept),
        source=f"Draws are those in the sheet Draws of {whose}; bring a newer version to keep them up to date."
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


def _draws(partnership: Partnership, kept: KeptPlan) -> TableView:
    def whose(draw: Draw) -> str:
        return "Several schools" if draw.urn is None else kept.facts.names.get(str(draw.urn), str(draw.urn))

    return table(
        "What has been drawn, the latest first",
        (*words("Day", "Pot", "School", "What for"), *numbers("Pounds")),
        [
            row(day(draw.date), upper_first(draw.pot.value), whose(draw), draw.what_for, money(draw.pounds))
            for draw in sorted(partnership.draws, key=lambda draw: draw.date, reverse=True)
        ],
        empty="Nothing has been drawn.",
    )
