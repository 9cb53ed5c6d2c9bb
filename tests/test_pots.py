"""The pots of a year, worked by hand: released, drawn, gone back, when dry, and what a claim does."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest

from planner.documents import plan_document, plan_from_document, to_plain
from planner.errors import InputMustBeMended
from planner.need import World
from planner.partnership import Draw, FundUse, Pot, YearEnd
from planner.plan import Amounts
from planner.policy import load_policy, with_settings
from planner.pots import answer_claim, balance_sentence, claim_sentences, outside_year_sentence, pot_account, year_of
from tests.builders import random_world
from tests.pages import demonstration_document
from web.command_line import main

RELEASES = {("returned", 1): 600, ("kept", 1): 300, ("returned", 4): 100, ("kept", 5): 500}


def _world(*draws: tuple[str, Pot, int]) -> tuple[World, Amounts]:
    """Pots of two funds: what is left of one goes back on 31 March, of the other it is kept."""
    world = random_world(Random(4))
    fund = world.partnership.funds[0]
    funds = (replace(fund, fund_id="returned", year_end=YearEnd.RETURN), replace(fund, fund_id="kept", year_end=YearEnd.CARRY))
    rows = tuple(Draw(draw_id=f"D{i}", date=day, pot=pot, pounds=pounds) for i, (day, pot, pounds) in enumerate(draws))
    world = replace(world, partnership=replace(world.partnership, academic_year="2026/27", funds=funds, draws=rows))
    spending = {("returned", 1, FundUse.CONTINGENCY): 1000, ("kept", 2, FundUse.CONTINGENCY): 400, ("kept", 1, FundUse.SPECIALIST_TIME): 7}
    return world, Amounts(pots=RELEASES, spending=spending)


def test_money_that_would_go_back_is_used_first_and_the_rest_of_it_goes_on_the_first_of_april() -> None:
    world, amounts = _world(("2026-10-01", Pot.MODERATED, 450), ("2027-03-01", Pot.MODERATED, 50))
    march, april = (pot_account(world, amounts, Pot.MODERATED, date(2027, month, day)) for month, day in ((3, 31), (4, 12)))
    assert march.balance_pounds == 600 + 300 + 100 - 450 - 50
    assert [(s.released_pounds, s.drawn_pounds, s.lost_pounds, s.left_pounds) for s in april.stages] == [
        (900, 450, 0, 450), (0, 0, 0, 450), (0, 0, 0, 450), (100, 50, 200, 300), (500, 0, 0, 800),
    ]  # fmt: skip


def test_what_was_overdrawn_is_settled_by_the_next_release_before_anything_goes_back() -> None:
    world, amounts = _world(("2026-10-01", Pot.MODERATED, 1500))
    amounts = replace(amounts, pots={("returned", 1): 1000, ("returned", 2): 1000})
    march, april = (pot_account(world, amounts, Pot.MODERATED, date(2027, month, day)) for month, day in ((3, 31), (4, 30)))
    assert march.balance_pounds == 500
    assert (april.balance_pounds, sum(s.lost_pounds for s in april.stages)) == (0, 500)


def test_what_went_back_is_not_said_to_be_there_still_and_a_release_of_nothing_is_no_release() -> None:
    world, amounts = _world(("2026-10-01", Pot.CONTINGENCY, 100), ("2027-05-01", Pot.CONTINGENCY, 450))
    said = balance_sentence(pot_account(world, amounts, Pot.CONTINGENCY, date(2027, 5, 2)))
    assert said == "On 2 May 2027 £50 more has been drawn than the £500 there was to draw (£900 went back on 31 March)."
    before = balance_sentence(pot_account(world, amounts, Pot.CONTINGENCY, date(2027, 4, 2)))
    assert before == "On 2 April 2027 £400 is left of £1,400 released so far (£900 went back on 31 March)."
    claim = answer_claim(world, amounts, Pot.MODERATED, date(2027, 5, 2), 5000)
    assert "The contingency has £0, not enough" in " ".join(claim_sentences(claim))
    assert pot_account(world, amounts, Pot.MODERATED, date(2026, 9, 7)).next_release.pounds == 100  # type: ignore[union-attr]


def test_a_pot_runs_dry_on_the_day_its_pace_takes_more_than_is_left() -> None:
    world, amounts = _world(("2026-09-01", Pot.MODERATED, 700))
    account = pot_account(world, amounts, Pot.MODERATED, date(2026, 9, 7))
    assert account.balance_pounds == 200
    assert account.since_september is not None
    assert account.since_september.pounds_a_week == 700
    assert account.since_september.dry_on == date(2026, 9, 10)  # £100 a day: nothing is left on the 9th


def test_contingency_comes_by_financial_year_and_only_its_own_draws_count() -> None:
    world, amounts = _world(("2026-10-01", Pot.CONTINGENCY, 100), ("2026-10-02", Pot.MODERATED, 5), ("2027-06-01", Pot.CONTINGENCY, 9))
    account = pot_account(world, amounts, Pot.CONTINGENCY, date(2027, 5, 1))
    assert [(s.name, s.left_pounds, s.lost_pounds) for s in account.stages] == [
        ("September to March", 900, 0),
        ("April to August", 400, 900),
    ]
    assert account.drawn_pounds == 100
    with pytest.raises(InputMustBeMended, match="academic year 2026/27"):
        pot_account(world, amounts, Pot.CONTINGENCY, date(2027, 9, 1))


def test_a_claim_is_paid_from_what_is_there_or_waits_for_the_day_it_can_be() -> None:
    world, amounts = _world(("2026-10-01", Pot.MODERATED, 700))
    small, large, never = (answer_claim(world, amounts, Pot.MODERATED, date(2026, 12, 1), pounds) for pounds in (150, 280, 5000))
    assert (small.now_pounds, small.payable_on, small.after.balance_pounds) == (150, date(2026, 12, 1), 50)
    assert (large.now_pounds, large.payable_on) == (200, date(2027, 2, 22))
    assert (never.now_pounds, never.payable_on) == (200, None)
    assert small.other.balance_pounds == 1000
    assert small.adult_hours == 150 // world.policy.pounds_per_adult_hour


@pytest.mark.parametrize("seed", range(8))
def test_every_pound_released_is_drawn_gone_back_or_left(seed: int) -> None:
    random = Random(seed)
    first = date(2026, 9, 1)
    draws = [
        ((first + timedelta(days=random.randrange(365))).isoformat(), random.choice(tuple(Pot)), random.randrange(1, 400)) for _ in range(9)
    ]
    world, amounts = _world(*draws)
    for pot in Pot:
        account = pot_account(world, amounts, pot, first + timedelta(days=random.randrange(365)))
        stages = account.stages
        assert sum(s.released_pounds - s.drawn_pounds - s.lost_pounds for s in stages) == account.balance_pounds
        assert account.drawn_pounds == sum(n for day, p, n in draws if p is pot and day <= account.on.isoformat())
        forecast = account.since_september
        assert forecast is None or forecast.dry_on is None or account.on <= forecast.dry_on <= year_of(world.partnership)[1]


def test_the_command_says_it_for_the_demonstration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = demonstration_document()
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps(document), encoding="utf-8")
    assert main(["pots", str(plan), "--on", "2026-11-22", "--claim", "£4,000", "--json", str(tmp_path / "pots.json")]) == 0
    said = capsys.readouterr().out
    assert "all of it on 4 January 2027 if nothing else is drawn" in said
    data = json.loads((tmp_path / "pots.json").read_text(encoding="utf-8"))
    assert data["pots"][0]["balance_pounds"] + 3550 + 1900 == sum(s["released_pounds"] for s in data["pots"][0]["stages"])
    assert main(["pots", str(plan), "--on", "2030-01-01"]) == 1


def test_a_plan_written_before_pots_had_draws_still_holds() -> None:
    document = demonstration_document()
    plan, world = plan_from_document(document)
    older = replace(world, partnership=replace(world.partnership, draws=()))
    assert "draws" not in to_plain(older.partnership)
    assert "draws" not in plan_document(plan, older)["partnership"]


@pytest.mark.parametrize("days", [["09-01"], ["09-01", "11-02", "01-04", "02-22", "06-07", "04-12"], ["x"] * 6])
def test_a_calendar_that_cannot_be_is_refused(days: list[str]) -> None:
    with pytest.raises(InputMustBeMended, match=r"calendar\.half_terms_begin must be six days"):
        with_settings(load_policy(), {"calendar": {"half_terms_begin": days}})


def test_of_which_day_pots_are_told_is_said_only_outside_their_year() -> None:
    partnership = _world()[0].partnership
    assert outside_year_sentence(partnership, date(2026, 11, 22)) == ""
    assert outside_year_sentence(partnership, date(2026, 8, 1)) == "The year has not begun: this is how the pots stand on 1 September 2026."
    assert outside_year_sentence(partnership, date(2027, 9, 2)) == "The year has ended: this is how the pots stand on 31 August 2027."
