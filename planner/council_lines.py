"""A plan's money and base places as a council returns them: by fund, use and payee, in each financial year.

Money is whole pennies, so that every split adds up to what the plan pays; places are twelfths of a place, one for each
month a base runs. What no heading is known for keeps its pounds and says why: it is never left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from planner.measures import SPENDING_USES
from planner.need import World
from planner.offers import purchases
from planner.partnership import Base, Fund, FundUse, Partnership
from planner.plan import Amounts
from planner.policy import Policy
from planner.policy_lines import ACADEMY, MAINTENANCE, NOT_SAID, CouncilHeadings, Form, Placed, Placing
from planner.rounding import half_up, largest_remainder
from planner.supply import (
    HALF_TERMS_BY_FINANCIAL_YEAR,
    MONTHS,
    base_lead_in_pounds,
    base_march_twelfths,
    base_opening_pounds,
    base_running_pounds,
    grant_months,
    months_run,
    school_of,
)

PENCE = 100
BOARD = "Held by the board"
NOT_BY_PLAN = "Payee not said by the plan"
Years = tuple[int, int]
"""September to March, and April to August."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payee:
    """Who is paid, and what of it a return asks for: the role of a service; the host of a base, or the school itself."""

    name: str
    role: str = ""
    urn: int | None = None
    school: str = ""
    kind: str = ""
    is_funded: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyLine:
    """What one fund pays one payee for one use: pennies in each financial year."""

    fund: Fund
    use: FundUse
    payee: Payee
    pence: Years

    @property
    def placing(self) -> Placing:
        """What rules about headings ask of it."""
        payee = self.payee
        return Placing(
            source=self.fund.source.value,
            use=self.use.value,
            role=payee.role,
            school=payee.school,
            kind=payee.kind,
            is_funded=payee.is_funded,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceLine:
    """A base at its size: twelfths of a place in each financial year, and the council's place funding for them in pennies.

    Place funding is the council's own money beside the plan: the plan pays what is left after it.
    """

    base: Base
    host: Payee
    places: int
    months: Years
    funding_pence: Years

    @property
    def twelfths(self) -> Years:
        """Places by the months the base runs."""
        return (self.places * self.months[0], self.places * self.months[1])

    @property
    def placing(self) -> Placing:
        """What rules about headings ask of it."""
        return Placing(school=self.host.school, kind=self.base.kind.value, is_funded=self.host.is_funded)


@dataclass(frozen=True, slots=True, kw_only=True)
class LineSum:
    """All of a form under one heading, or under none for one reason: pennies or twelfths of a place by financial year."""

    placed: Placed
    amounts: Years


# --- money -------------------------------------------------------------------------------


def money_lines(world: World, amounts: Amounts) -> tuple[MoneyLine, ...]:
    """Every pound that the plan grants, spends, holds or releases, by fund, use and payee.

    Funds that pay for the same thing together share it in proportion, since a plan does not say which fund pays whom.
    """
    paid = [*_grants(world, amounts), *_shared(world, amounts), *_held(world.partnership, amounts)]
    order = {fund.fund_id: place for place, fund in enumerate(world.partnership.funds)}
    uses = list(FundUse)
    lines = [line for line in paid if any(line.pence)]
    return tuple(sorted(lines, key=lambda line: (order[line.fund.fund_id], uses.index(line.use))))


def planned_pence(world: World, amounts: Amounts) -> Years:
    """All that the plan grants, spends, holds and releases, by financial year: what the lines must come to."""
    whole = [0, 0]
    for line in _grants(world, amounts):
        whole = [a + b for a, b in zip(whole, line.pence, strict=True)]
    for (_, year, _), pounds in amounts.spending.items():
        whole[year - 1] += PENCE * pounds
    for (_, half_term), pounds in amounts.pots.items():
        whole[_year_of(half_term) - 1] += PENCE * pounds
    return (whole[0], whole[1])


def _grants(world: World, amounts: Amounts) -> list[MoneyLine]:
    p, found = world.partnership, []
    for fund in p.funds:
        first, second = grant_months(fund, world.policy)
        for school in p.schools:
            pence = PENCE * amounts.grants.get((school.urn, fund.fund_id), 0)
            by_march = half_up(Fraction(pence * first, first + second))
            found.append(MoneyLine(fund=fund, use=FundUse.GRANTS, payee=school_payee(p, school.urn), pence=(by_march, pence - by_march)))
    return found


def _shared(world: World, amounts: Amounts) -> list[MoneyLine]:
    """Time, running and opening of bases: what every payee costs in each financial year, dealt out to the funds that pay."""
    p, policy = world.partnership, world.policy
    bases = [base for base in p.bases if amounts.base_sizes.get(base.base_id, 0)]
    hosts = [base_payee(p, base) for base in bases]
    sizes = [amounts.base_sizes[base.base_id] for base in bases]
    time = [PENCE * bought.pounds for bought in purchases(p, amounts)]
    running = [PENCE * _running_pounds(b, n, policy) for b, n in zip(bases, sizes, strict=True)]
    march = [base_march_twelfths(b, n, policy) for b, n in zip(bases, sizes, strict=True)]
    opening = [PENCE * base_opening_pounds(base, policy) for base in bases]
    return [
        *_dealt(p, amounts, FundUse.SPECIALIST_TIME, [Payee(name=s.name, role=s.role) for s in p.services], time, time),
        *_dealt(p, amounts, FundUse.BASE_RUNNING, hosts, running, march),
        *_dealt(p, amounts, FundUse.BASE_OPENING, hosts, opening, opening),
    ]


def _running_pounds(base: Base, size: int, policy: Policy) -> int:
    return base_running_pounds(base, size, policy) + base_lead_in_pounds(base, size, policy)


def _dealt(
    p: Partnership, amounts: Amounts, use: FundUse, payees: Sequence[Payee], cost: Sequence[int], by_march: Sequence[int]
) -> list[MoneyLine]:
    """What each fund pays each payee: funds and payees both add up to the penny, in each financial year."""
    spent = [[PENCE * amounts.spending.get((fund.fund_id, year, use), 0) for fund in p.funds] for year in (1, 2)]
    first = _within(sum(spent[0]), by_march, cost)
    second = [whole - part for whole, part in zip(cost, first, strict=True)]
    dealt = [_deal(funds, owed) for funds, owed in zip(spent, (first, second), strict=True)]
    everybody = [*payees, Payee(name=NOT_BY_PLAN)]
    return [
        MoneyLine(fund=fund, use=use, payee=payee, pence=(dealt[0][i][j], dealt[1][i][j]))
        for i, fund in enumerate(p.funds)
        for j, payee in enumerate(everybody)
    ]


def _within(total: int, weights: Sequence[int], most: Sequence[int]) -> list[int]:
    """A total shared by weights, nobody with more than their most; what is over goes to whoever has room, in order."""
    shares = [min(share, top) for share, top in zip(largest_remainder(total, weights), most, strict=True)]
    over = total - sum(shares)
    for i, top in enumerate(most):
        more = min(over, top - shares[i])
        shares[i] += more
        over -= more
    return shares


def _deal(funds: Sequence[int], owed: Sequence[int]) -> list[list[int]]:
    """A row for each fund: each pays its share of what is still owed, the last what is left. Pennies owed to nobody known come last."""
    left = [*owed, max(0, sum(funds) - sum(owed))]
    rows = []
    for paid in funds:
        row = largest_remainder(paid, left)
        left = [had - now for had, now in zip(left, row, strict=True)]
        rows.append(row)
    return rows


def _held(p: Partnership, amounts: Amounts) -> list[MoneyLine]:
    """Contingency and pots: nobody is paid yet. Any other use that the plan knows is here too, so that none is lost."""
    dealt = {FundUse.SPECIALIST_TIME, FundUse.BASE_RUNNING, FundUse.BASE_OPENING}
    found = []
    for fund in p.funds:
        pots = [0, 0]
        for (fund_id, half_term), pounds in amounts.pots.items():
            if fund_id == fund.fund_id:
                pots[_year_of(half_term) - 1] += PENCE * pounds
        by_use: dict[FundUse, Sequence[int]] = {FundUse.MODERATED_POT: pots}
        by_use |= {
            use: [PENCE * amounts.spending.get((fund.fund_id, year, use), 0) for year in (1, 2)]
            for use in SPENDING_USES
            if use not in dealt
        }
        found += [MoneyLine(fund=fund, use=use, payee=Payee(name=BOARD), pence=(first, second)) for use, (first, second) in by_use.items()]
    return found


def _year_of(half_term: int) -> int:
    return 1 if half_term in HALF_TERMS_BY_FINANCIAL_YEAR[0] else 2


# --- places ------------------------------------------------------------------------------


def place_lines(world: World, amounts: Amounts) -> tuple[PlaceLine, ...]:
    """Every base that runs, at its size, for the months of each financial year from the half-term it opens in."""
    found = []
    for base in world.partnership.bases:
        size = amounts.base_sizes.get(base.base_id, 0)
        if size:
            months = months_run(base, world.policy)
            funding = PENCE * size * base.place_funding_pounds
            whole = half_up(Fraction(funding * sum(months), MONTHS))
            by_march = min(whole, half_up(Fraction(funding * months[0], MONTHS)))
            found.append(
                PlaceLine(
                    base=base, host=base_payee(world.partnership, base), places=size, months=months,
                    funding_pence=(by_march, whole - by_march),
                )
            )  # fmt: skip
    return tuple(found)


# --- schools -----------------------------------------------------------------------------


def school_payee(p: Partnership, urn: int) -> Payee:
    """A school, and whether it is an academy: one with a trust in the figures is; of any other they do not say."""
    school = school_of(p, urn)
    return Payee(name=school.name, urn=urn, school=ACADEMY if school.trust else NOT_SAID)


def base_payee(p: Partnership, base: Base) -> Payee:
    """A base, by its host."""
    host = school_payee(p, base.host_urn)
    return Payee(
        name=f"{base.name} ({host.name})", urn=host.urn, school=host.school, kind=base.kind.value, is_funded=bool(base.place_funding_pounds)
    )


# --- under headings ----------------------------------------------------------------------


def placed(pack: CouncilHeadings, form: Form, years: Sequence[str], line: MoneyLine | PlaceLine) -> tuple[Placed, Placed]:
    """Where a line stands in a form of each financial year."""
    first, second = (pack.place(form, year, line.placing) for year in years)
    return first, second


def placed_as(pack: CouncilHeadings, form: Form, year: str, placing: Placing) -> dict[str, Placed]:
    """Where it would stand were the school maintained, an academy, or not said to be either."""
    return {school: pack.place(form, year, replace(placing, school=school)) for school in MAINTENANCE}


def amounts_of(line: MoneyLine | PlaceLine) -> Years:
    """Pennies, or twelfths of a place."""
    return line.pence if isinstance(line, MoneyLine) else line.twelfths


def sums(pack: CouncilHeadings, form: Form, years: Sequence[str], lines: Sequence[MoneyLine | PlaceLine]) -> tuple[LineSum, ...]:
    """A form by heading in the pack's order, then what stands under none by its reason: together all the lines."""
    totals: dict[Placed, list[int]] = {Placed(heading=heading): [0, 0] for heading in pack.headings_of(form)}
    for line in lines:
        for year, (at, amount) in enumerate(zip(placed(pack, form, years, line), amounts_of(line), strict=True)):
            if amount:
                totals.setdefault(at, [0, 0])[year] += amount
    return tuple(LineSum(placed=at, amounts=(first, second)) for at, (first, second) in totals.items() if first or second)


def schools_to_ask_about(lines: Sequence[MoneyLine | PlaceLine]) -> tuple[str, ...]:
    """Hosts of bases of which the figures do not say whether the council maintains them, by name."""
    hosts = (line.host if isinstance(line, PlaceLine) else line.payee for line in lines)
    return tuple(dict.fromkeys(host.name for host in hosts if host.kind and host.school == NOT_SAID))


def questions(world: World, pack: CouncilHeadings, lines: Sequence[MoneyLine | PlaceLine]) -> tuple[str, ...]:
    """What only the council's own figures can answer, each as a sentence."""
    years = world.partnership.financial_years
    hosts = schools_to_ask_about(lines)
    found = []
    if hosts:
        found.append(
            f"Which of these hosts does the council maintain, and which are academies? {'; '.join(hosts)}. "
            "The figures name no trust for them. Choose it for each in the sheet Council lines of the plan's workbook, and their money moves to its line."
        )
    if any(isinstance(line, PlaceLine) for line in lines):
        found += [
            f"How many places were there from April to August {years[0][:4]}? That is before this plan: add the council's own figure for {years[0]}.",
            "How many pupils in the bases are on the schools' rolls? The rate of a place depends on it, and the plan holds no pupils.",
        ]
    lacking = [
        f"{form.name} for {year}"
        for year in years
        for form in pack.forms
        if not pack.knows(form, year)
    ]  # fmt: skip
    if lacking:
        found.append(
            f"These headings are not known yet: {'; '.join(lacking)}. They need a version of {pack.pack_id} after {pack.version}, once the department has named them."
        )
    return tuple(found)
