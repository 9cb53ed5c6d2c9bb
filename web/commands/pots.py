"""``planner pots``: what is left of the year's pots, when they would run dry, and what a claim would do."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planner.errors import InputMustBeMended
from web.commands.plans import check_out, plan_argument, read_newer, read_plan, write_data
from web.commands.why import Command

if TYPE_CHECKING:
    from planner.plan import Amounts
    from planner.pots import Claim, Forecast, PotAccount

EXAMPLE = """planner pots plan.json
         planner pots plan.json --partnership newer.xlsx --on 2027-01-15
         planner pots plan.json --claim 4000"""


def add(commands: Any, command: Command) -> None:
    """Add the command to the console script."""
    parser = command(commands, "pots", "say what is left of the pots, when they would run dry, and what a claim would do", EXAMPLE)
    plan_argument(parser)
    parser.add_argument("--partnership", type=Path, metavar="NEWER", help="a newer version of the partnership, with the draws so far")
    parser.add_argument("--on", type=_day, metavar="YYYY-MM-DD", help="the day asked about (default: today, within the academic year)")
    parser.add_argument("--claim", type=_pounds, metavar="POUNDS", help="also say what a claim of so many pounds would do on that day")
    parser.add_argument(
        "--from", dest="pot", choices=("pot", "contingency"), default="pot", help="which pot the claim is on (default: pot)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the same as data")
    parser.set_defaults(run=_run)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} is not a day; write it as 2027-01-15") from error


def _pounds(text: str) -> int:
    plain = text.replace(",", "").removeprefix("£")
    if not (plain.isascii() and plain.isdigit() and 0 < int(plain) <= 10**9):
        raise argparse.ArgumentTypeError(f"{text} is not a claim; write whole pounds, such as 4000")
    return int(plain)


def _run(options: argparse.Namespace) -> int:
    from dataclasses import replace  # noqa: PLC0415

    from planner.partnership import Pot  # noqa: PLC0415
    from planner.pots import (  # noqa: PLC0415
        answer_claim,
        day_of_year,
        draws_outside_year,
        outside_year_sentence,
        pot_account,
        yearly_share_pounds,
    )  # fmt: skip

    plan, world = read_plan(options.plan)
    check_out(options)
    if options.partnership is not None:
        newer = read_newer(options.partnership, world.policy)
        if newer.academic_year != world.partnership.academic_year:
            raise InputMustBeMended(
                f"{options.partnership} is for {newer.academic_year}; the plan is for {world.partnership.academic_year}."
            )
        world = replace(world, partnership=replace(world.partnership, draws=newer.draws))
    today = date.today()  # noqa: DTZ011 - a school's own calendar day
    on = options.on or day_of_year(world.partnership, today)
    accounts = tuple(pot_account(world, plan.amounts, pot, on) for pot in Pot)
    claim = None
    if options.claim is not None:
        claim = answer_claim(world, plan.amounts, Pot.MODERATED if options.pot == "pot" else Pot.CONTINGENCY, on, options.claim)
    outside_year = "" if options.on else outside_year_sentence(world.partnership, today)
    if outside_year:
        print(f"{outside_year} Choose another day with --on.\n")
    for line in _lines(plan.amounts, accounts, claim):
        print(line)
    outside = draws_outside_year(world.partnership)
    if outside:
        print(f"\nNot counted, because they are dated outside {world.partnership.academic_year}: {', '.join(d.draw_id for d in outside)}.")
    write_data(options.json, _data(yearly_share_pounds(plan.amounts), accounts, claim))
    return 0


def _lines(amounts: Amounts, accounts: tuple[PotAccount, ...], claim: Claim | None) -> Iterator[str]:
    from planner.pots import balance_sentence, claim_sentences, forecast_sentences, share_sentence  # noqa: PLC0415

    yield share_sentence(amounts, accounts)
    for account in accounts:
        yield ""
        yield f"The {account.pot.value}. {balance_sentence(account)}"
        yield f"  {'':<22}{'brought':>10}{'released':>10}{'drawn':>10}{'gone back':>11}{'left':>10}"
        for stage in account.stages:
            figures = (stage.brought_pounds, stage.released_pounds, stage.drawn_pounds)
            yield f"  {stage.name:<22}" + "".join(f"{n:>10,}" for n in figures) + f"{stage.lost_pounds:>11,}{stage.left_pounds:>10,}"
        for sentence in forecast_sentences(account):
            yield f"  {sentence}"
    if claim is not None:
        yield ""
        yield from claim_sentences(claim)


def _data(share: int, accounts: tuple[PotAccount, ...], claim: Claim | None) -> dict[str, Any]:
    """The same as JSON data."""
    return {
        "format": "partnership-planner pots",
        "format_version": 1,
        "yearly_share_pounds": share,
        "pots": [_account_data(account) for account in accounts],
        "claim": None
        if claim is None
        else {
            "pot": claim.pot.value, "pounds": claim.pounds, "now_pounds": claim.now_pounds, "payable_on": _text(claim.payable_on),
            "adult_hours": claim.adult_hours, "after": _account_data(claim.after), "other_pot": _account_data(claim.other),
        },
    }  # fmt: skip


def _account_data(account: PotAccount) -> dict[str, Any]:
    return {
        "pot": account.pot.value, "on": _text(account.on), "year_pounds": account.year_pounds, "balance_pounds": account.balance_pounds,
        "releases": [{"on": _text(r.on), "name": r.name, "pounds": r.pounds, "returned_pounds": r.returned_pounds} for r in account.releases],
        "stages": [
            {"name": s.name, "begins": _text(s.begins), "ends": _text(s.ends), "brought_pounds": s.brought_pounds, "released_pounds": s.released_pounds,
             "drawn_pounds": s.drawn_pounds, "lost_pounds": s.lost_pounds, "left_pounds": s.left_pounds}
            for s in account.stages
        ],
        "since_september": _forecast_data(account.since_september), "recent": _forecast_data(account.recent),
    }  # fmt: skip


def _forecast_data(forecast: Forecast | None) -> dict[str, Any] | None:
    if forecast is None:
        return None
    return {"pounds_a_week": forecast.pounds_a_week, "dry_on": _text(forecast.dry_on), "left_at_end_pounds": forecast.left_at_end_pounds}


def _text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
