"""The pots: what was released, what has been drawn, when a pot would run dry, and what a claim does.

Money goes out at two speeds: a yearly share with the plan, a moderated pot each half-term, and a
contingency beside both. Draws come from the partnership's sheet Draws. Everything is whole pounds
and calendar days; a forecast says only where the pace of the draws so far would lead.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from math import floor

from planner.errors import InputMustBeMended
from planner.need import World
from planner.partnership import Draw, FundUse, Partnership, Pot, YearEnd
from planner.plan import Amounts
from planner.policy import Policy
from planner.words import day

RECENT_DAYS = 42
"""How far back the recent pace looks: six weeks, about a half-term."""
A_DAY = timedelta(days=1)
DAYS_A_WEEK = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """Pounds that come into a pot on a day; ``returned_pounds`` of them go back if not used by 31 March."""

    on: date
    name: str
    pounds: int
    returned_pounds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A pot from one release to the next, up to the day asked about: whole pounds.

    ``lost_pounds`` went back at the end of the financial year; below nought ``left_pounds`` is overdrawn.
    """

    name: str
    begins: date
    ends: date
    brought_pounds: int
    released_pounds: int
    drawn_pounds: int
    lost_pounds: int
    left_pounds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Where a pace of draws leads: dry on a day, or what is left when the year ends."""

    pounds_a_week: int
    dry_on: date | None
    left_at_end_pounds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PotAccount:
    """A pot as it stands at the end of a day, and where two paces lead (None where nothing has been drawn)."""

    pot: Pot
    on: date
    releases: tuple[Release, ...]
    stages: tuple[Stage, ...]
    balance_pounds: int
    since_september: Forecast | None
    recent: Forecast | None

    @property
    def year_pounds(self) -> int:
        """Released in the whole year."""
        return sum(release.pounds for release in self.releases)

    @property
    def drawn_pounds(self) -> int:
        """Drawn up to the day."""
        return sum(stage.drawn_pounds for stage in self.stages)

    @property
    def next_release(self) -> Release | None:
        """The first release of any money after the day."""
        return next((release for release in self.releases if release.on > self.on and release.pounds), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a claim on a pot does.

    ``now_pounds`` of it can be paid at once; ``payable_on`` is the first day on which all of it could, if
    nothing else were drawn (None: not this year). ``after`` is the pot once all of it is drawn on the day.
    ``adult_hours`` is the whole hours of a trained adult it pays for at the policy's price.
    """

    pot: Pot
    pounds: int
    now_pounds: int
    payable_on: date | None
    before: PotAccount
    after: PotAccount
    other: PotAccount
    adult_hours: int


# --- the year --------------------------------------------------------------------------


def year_of(partnership: Partnership) -> tuple[date, date]:
    """First and last day of the academic year."""
    start = int(partnership.academic_year[:4])
    return date(start, 9, 1), date(start + 1, 8, 31)


def half_terms_begin(partnership: Partnership, policy: Policy) -> tuple[date, ...]:
    """The days on which the six half-terms begin, from the policy's calendar of months and days."""
    september, _ = year_of(partnership)
    days = [tuple(map(int, text.split("-"))) for text in policy.half_terms_begin]
    return tuple(date(september.year + (month < september.month), month, day) for month, day in days)


def releases(world: World, amounts: Amounts, pot: Pot) -> tuple[Release, ...]:
    """What a plan releases to a pot, in order: the moderated pot each half-term, contingency each financial year."""
    september, _ = year_of(world.partnership)
    april = date(september.year + 1, 4, 1)
    goes_back = {f.fund_id for f in world.partnership.funds if f.year_end is YearEnd.RETURN}
    by_fund: list[tuple[date, str, dict[str, int]]]
    if pot is Pot.MODERATED:
        by_fund = [(day, f"half-term {h}", {}) for h, day in enumerate(half_terms_begin(world.partnership, world.policy), start=1)]
        for (fund_id, half_term), pounds in amounts.pots.items():
            by_fund[half_term - 1][2][fund_id] = pounds
    else:
        by_fund = [(september, "September to March", {}), (april, "April to August", {})]
        for (fund_id, year, use), pounds in amounts.spending.items():
            if use is FundUse.CONTINGENCY:
                by_fund[year - 1][2][fund_id] = pounds
    return tuple(
        Release(
            on=on, name=name, pounds=sum(pounds.values()),
            returned_pounds=sum(n for fund_id, n in pounds.items() if fund_id in goes_back and on < april),
        )
        for on, name, pounds in by_fund
    )  # fmt: skip


# --- a pot, day by day -----------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Day:
    """A pot at the end of a day, in whole parts of a pound."""

    on: date
    drawn: int
    lost: int
    left: int


def _days(into: tuple[Release, ...], first: date, last: date, drawn_on: Callable[[date], int], *, parts: int = 1) -> Iterator[_Day]:
    """A pot through a year, in parts of which so many make a pound: whole numbers are exact, and quick to add day after day.

    Money that would go back on 31 March is used first, and settles what was overdrawn; what is left of it then goes.
    """
    by_day: dict[date, list[Release]] = defaultdict(list)
    for release in into:
        by_day[release.on].append(release)
    kept = goes_back = 0
    on = first
    while on <= last:
        lost = goes_back if (on.month, on.day) == (4, 1) else 0
        goes_back -= lost
        goes_back += parts * sum(release.returned_pounds for release in by_day[on])
        kept += parts * sum(release.pounds - release.returned_pounds for release in by_day[on])
        settled = min(goes_back, max(-kept, 0))
        goes_back, kept = goes_back - settled, kept + settled
        drawn = drawn_on(on)
        first_from = min(drawn, goes_back)
        goes_back, kept = goes_back - first_from, kept - (drawn - first_from)
        yield _Day(on=on, drawn=drawn, lost=lost, left=goes_back + kept)
        on += A_DAY


def pot_account(world: World, amounts: Amounts, pot: Pot, on: date, *, claim_pounds: int = 0) -> PotAccount:
    """A pot at the end of a day; draws after the day are not counted.

    A claim is taken as paid in full on that day, and as no part of the pace at which the pot is drawn.

    Raises ``InputMustBeMended`` for a day outside the academic year.
    """
    first, last = year_of(world.partnership)
    if not first <= on <= last:
        raise InputMustBeMended(f"{on} is not in the academic year {world.partnership.academic_year}; choose a day from {first} to {last}.")
    into = releases(world, amounts, pot)
    drawn = _drawn(world, pot, on)
    days = (on - first).days + 1
    recent_days = min(RECENT_DAYS, days)
    paces = (
        Fraction(sum(drawn.values()), days),
        Fraction(sum(n for day, n in drawn.items() if (on - day).days < recent_days), recent_days),
    )
    drawn[on] += claim_pounds
    so_far = list(_days(into, first, on, lambda day: drawn.get(day, 0)))
    since_september, recent = (_forecast(into, (first, last), drawn, on, pace) if paces[0] else None for pace in paces)
    return PotAccount(
        pot=pot, on=on, releases=into, stages=tuple(_stages(into, so_far, last)), balance_pounds=so_far[-1].left,
        since_september=since_september, recent=recent,
    )  # fmt: skip


def _stages(into: tuple[Release, ...], so_far: list[_Day], last: date) -> Iterator[Stage]:
    brought = 0
    for release, following in zip(into, (*into[1:], None), strict=True):
        ends = following.on - A_DAY if following else last
        within = [day for day in so_far if (day.on >= release.on or release is into[0]) and day.on <= ends]
        if not within:
            return
        left = within[-1].left
        yield Stage(
            name=release.name, begins=release.on, ends=ends, brought_pounds=brought, released_pounds=release.pounds,
            drawn_pounds=sum(day.drawn for day in within), lost_pounds=sum(day.lost for day in within), left_pounds=left,
        )  # fmt: skip
        brought = left


def _forecast(into: tuple[Release, ...], year: tuple[date, date], drawn: Mapping[date, int], on: date, pace: Fraction) -> Forecast:
    """Where a pace in pounds a day leads from the day after ``on``."""
    ahead = [day for day in _at_pace(into, year, drawn, on, pace) if day.on >= on]
    dry = next((day.on for day in ahead if day.left < 0), None)
    return Forecast(pounds_a_week=floor(DAYS_A_WEEK * pace), dry_on=dry, left_at_end_pounds=ahead[-1].left // pace.denominator)


def _at_pace(into: tuple[Release, ...], year: tuple[date, date], drawn: Mapping[date, int], on: date, pace: Fraction) -> Iterator[_Day]:
    """A pot as it was drawn up to a day and at a pace in pounds a day from then on, in parts by the pace's denominator."""
    parts, a_day = pace.denominator, pace.numerator
    return _days(into, *year, lambda day: parts * drawn.get(day, 0) if day <= on else a_day, parts=parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What is left of a pot at the end of a day, pounds."""

    on: date
    pounds: int


def left_by_day(world: World, account: PotAccount) -> tuple[tuple[Left, ...], tuple[Left, ...]]:
    """What was left each day up to the account's, and from then on at the pace since September (nothing where nothing was drawn)."""
    first, last = year_of(world.partnership)
    drawn = _drawn(world, account.pot, account.on)
    pace = Fraction(sum(drawn.values()), (account.on - first).days + 1)
    days = _at_pace(account.releases, (first, last), drawn, account.on, pace)
    left = tuple(Left(on=day.on, pounds=day.left // pace.denominator) for day in days)
    return tuple(one for one in left if one.on <= account.on), tuple(one for one in left if one.on >= account.on) if pace else ()


# --- a claim ---------------------------------------------------------------------------


def answer_claim(world: World, amounts: Amounts, pot: Pot, on: date, pounds: int) -> Claim:
    """What paying a claim on a day would do to a pot, in whole pounds."""
    before, after = pot_account(world, amounts, pot, on), pot_account(world, amounts, pot, on, claim_pounds=pounds)
    first, last = year_of(world.partnership)
    known = _drawn(world, pot, on)
    without_more = _days(releases(world, amounts, pot), first, last, lambda day: known.get(day, 0))
    other = Pot.CONTINGENCY if pot is Pot.MODERATED else Pot.MODERATED
    return Claim(
        pot=pot, pounds=pounds, now_pounds=max(0, min(pounds, before.balance_pounds)),
        payable_on=next((day.on for day in without_more if day.on >= on and day.left >= pounds), None),
        before=before, after=after, other=pot_account(world, amounts, other, on),
        adult_hours=pounds // world.policy.pounds_per_adult_hour,
    )  # fmt: skip


def _drawn(world: World, pot: Pot, on: date) -> dict[date, int]:
    """Pounds drawn from a pot by day, from September to a day."""
    first, _ = year_of(world.partnership)
    drawn: dict[date, int] = defaultdict(int)
    for draw in world.partnership.draws:
        day = date.fromisoformat(draw.date)
        if draw.pot is pot and first <= day <= on:
            drawn[day] += draw.pounds
    return drawn


def yearly_share_pounds(amounts: Amounts) -> int:
    """What goes out with the plan itself: grants, time, bases and their openings."""
    held = sum(n for (_, _, use), n in amounts.spending.items() if use is FundUse.CONTINGENCY)
    return sum(amounts.grants.values()) + sum(amounts.spending.values()) - held


def draws_outside_year(partnership: Partnership) -> tuple[Draw, ...]:
    """Draws dated outside the academic year: they count nowhere."""
    first, last = year_of(partnership)
    return tuple(draw for draw in partnership.draws if not first <= date.fromisoformat(draw.date) <= last)


def without_whose(partnership: Partnership, may_read: Callable[[Draw], bool]) -> Partnership:
    """The partnership with every draw that somebody may not read as its day, pot and pounds only; itself where they may read all."""
    if all(may_read(draw) or not (draw.urn or draw.what_for) for draw in partnership.draws):
        return partnership
    return replace(partnership, draws=tuple(d if may_read(d) else replace(d, urn=None, what_for="") for d in partnership.draws))


def day_of_year(partnership: Partnership, today: date) -> date:
    """Today, or the nearest day of the academic year."""
    first, last = year_of(partnership)
    return min(max(today, first), last)


def outside_year_sentence(partnership: Partnership, today: date) -> str:
    """Of which day pots are told where today is outside the academic year; empty within it."""
    on = day_of_year(partnership, today)
    if on == today:
        return ""
    return f"The year has {'not begun' if on > today else 'ended'}: this is how the pots stand on {day(on.isoformat())}."


# --- in words --------------------------------------------------------------------------


def share_sentence(amounts: Amounts, accounts: tuple[PotAccount, ...]) -> str:
    """How the plan's money is divided between the yearly share and the pots."""
    share = yearly_share_pounds(amounts)
    whole = share + sum(account.year_pounds for account in accounts)
    pots = " and ".join(f"£{account.year_pounds:,} is the {account.pot.value}" for account in accounts)
    return f"Of £{whole:,} in the plan, £{share:,} goes out with the plan itself, {pots}."


def balance_sentence(account: PotAccount) -> str:
    """What is left of a pot on its day."""
    released, lost = (sum(n) for n in zip(*((stage.released_pounds, stage.lost_pounds) for stage in account.stages), strict=True))
    gone = f" (£{lost:,} went back on 31 March)" if lost else ""
    said = f"On {day(account.on.isoformat())} £{account.balance_pounds:,} is left of £{released:,} released so far{gone}."
    if account.balance_pounds < 0:
        there = f"£{released - lost:,} there was to draw{gone}" if lost else f"£{released:,} released so far"
        said = f"On {day(account.on.isoformat())} £{-account.balance_pounds:,} more has been drawn than the {there}."
    following = account.next_release
    return said + (f" £{following.pounds:,} more comes on {day(following.on.isoformat())}." if following else "")


def forecast_sentences(account: PotAccount) -> tuple[str, ...]:
    """Where the draws so far lead."""
    if account.since_september is None or account.recent is None:
        return ("Nothing has been drawn yet, so nothing can be said of its pace.",)
    return (
        f"At the pace since September {forecast_words(account.since_september)}.",
        f"At the pace of the last six weeks {forecast_words(account.recent)}.",
    )


def forecast_words(forecast: Forecast) -> str:
    """Where a pace leads, within a sentence."""
    pace = f"(£{forecast.pounds_a_week:,} a week)"
    if forecast.dry_on is not None:
        return f"{pace} it runs dry on {day(forecast.dry_on.isoformat())}"
    return f"{pace} it lasts the year, with £{forecast.left_at_end_pounds:,} left"


def claim_sentences(claim: Claim, *, when: str = "now") -> tuple[str, ...]:
    """What a claim does; ``when`` says its day within a sentence."""
    on = day(claim.before.on.isoformat())
    asked = f"A claim of £{claim.pounds:,} on the {claim.pot.value} on {on} is worth {claim.adult_hours:,} hours of a trained adult."
    if claim.now_pounds == claim.pounds:
        following = claim.after.next_release
        until = f" until £{following.pounds:,} comes on {day(following.on.isoformat())}" if following else " for the rest of the year"
        said = [asked, f"It can be paid {when}: £{claim.after.balance_pounds:,} is then left{until}."]
        if claim.before.since_september is not None and claim.after.since_september is not None:
            without, with_it = forecast_words(claim.before.since_september), forecast_words(claim.after.since_september)
            said.append(f"Without it, at the pace since September {without}; with it {with_it}.")
        return tuple(said)
    rest = claim.pounds - claim.now_pounds
    later = (
        f"all of it on {day(claim.payable_on.isoformat())} if nothing else is drawn"
        if claim.payable_on
        else "but never all of it this year"
    )
    has = f"The {claim.other.pot.value} has £{max(0, claim.other.balance_pounds):,}"
    could = (
        f" and could pay the other £{rest:,}, if the board's rules for it allow."
        if claim.other.balance_pounds >= rest
        else f", not enough for the other £{rest:,}."
    )
    return asked, f"£{claim.now_pounds:,} of it can be paid {when}, {later}.", has + could
