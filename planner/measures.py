"""What a plan comes to: totals, ledgers, need met, standards, needs furthest from the standard.

Pure functions of partnership, policy and amounts, in exact arithmetic; the audit, the
documents, the pages and the workbook all read their figures from here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from planner.need import WHOLE, Cell, Picture, Zone
from planner.offers import is_paid, purchases, time_pounds
from planner.partnership import GRANT_ITEM, FundUse, Partnership, School
from planner.plan import Amounts
from planner.policy import Policy
from planner.rounding import largest_remainder
from planner.supply import available_pounds, base_lead_in_pounds, base_march_twelfths, base_running_pounds, grant_months

POINTS_PLACES = 4
"""Points are rounded to four decimals wherever they are stored or shown to be compared."""
WORST_SHARE = Fraction(1, 5)


def points(value: Fraction) -> float:
    """A share of need (0-1) as points, rounded half to even at four decimals."""
    return float(round(value * 100, POINTS_PLACES))


# --- need met ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How many standards (cells) stand where, and the measures of need, in points."""

    standards: int
    met: int
    partly_met: int
    under_half: int
    out_of_reach: int
    pupils_out_of_reach_hundredths: int
    shortfall_points: float
    need_met_points: float
    worst_fifth_points: float


def standing(picture: Picture, policy: Policy, amounts: Amounts) -> Standing:
    """Counts and points of a plan or baseline; out of reach stays in every total."""
    levels = amounts.need_met
    reached = [cell for cell in picture.cells if not cell.out_of_reach]
    return Standing(
        standards=len(picture.cells),
        met=sum(levels.get(c.cell_id, 0) == WHOLE for c in reached),
        partly_met=sum(WHOLE // 2 <= levels.get(c.cell_id, 0) < WHOLE for c in reached),
        under_half=sum(levels.get(c.cell_id, 0) < WHOLE // 2 for c in reached),
        out_of_reach=len(picture.cells) - len(reached),
        pupils_out_of_reach_hundredths=sum(c.pupils_hundredths for c in picture.cells if c.out_of_reach),
        shortfall_points=points(shortfall(picture, policy, levels)),
        need_met_points=points(total_need_met(picture, levels)),
        worst_fifth_points=points(worst_fifth(picture, levels)),
    )


def shortfall(picture: Picture, policy: Policy, levels: Mapping[str, int]) -> Fraction:
    """Weighted mean shortfall below the board's line, as a share of need (0-1)."""
    line = policy.board.line_percent * WHOLE / 100
    top, bottom = line.numerator, line.denominator  # sums of whole numbers: as many fractions take ten times as long
    below = sum(cell.weight * max(top - bottom * levels.get(cell.cell_id, 0), 0) for cell in picture.cells)
    return Fraction(below, bottom * WHOLE * max(_weight(picture.cells), 1))


def total_need_met(picture: Picture, levels: Mapping[str, int]) -> Fraction:
    """Weighted mean need met (0-1)."""
    return Fraction(sum(cell.weight * levels.get(cell.cell_id, 0) for cell in picture.cells), WHOLE * max(_weight(picture.cells), 1))


def worst_fifth(picture: Picture, levels: Mapping[str, int]) -> Fraction:
    """Mean need met over the fifth of weighted need that is furthest from the standard (0-1)."""
    left = WORST_SHARE * _weight(picture.cells)
    if not left:
        return Fraction(0)
    total, share = Fraction(0), left
    for cell in sorted(picture.cells, key=lambda c: levels.get(c.cell_id, 0)):
        taken = min(Fraction(cell.weight), left)
        total += taken * levels.get(cell.cell_id, 0)
        left -= taken
        if not left:
            break
    return total / (share * WHOLE)


def share_of_gain(plan: Fraction, baseline: Fraction, bound: Fraction) -> Fraction | None:
    """Of what any plan could at most gain on a baseline by one measure, the share this plan gains (1: all); None where there is nothing to gain.

    The same for what should be large (need met) and for what should be small (shortfall): ``bound`` says which way is better.
    """
    gain = bound - baseline
    is_better = gain * (bound - plan) >= 0  # the plan lies on the baseline's side of the bound, as any plan must
    return (plan - baseline) / gain if gain and is_better else None


def _weight(cells: tuple[Cell, ...]) -> int:
    return sum(cell.weight for cell in cells)


# --- money -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class FundAccount:
    """One fund in one financial year, whole pounds."""

    fund_id: str
    financial_year: str
    available: int
    carried_in: int
    grants: int
    by_use: tuple[tuple[FundUse, int], ...]
    moderated_pot: int
    carried_out: int

    @property
    def left(self) -> int:
        """Pounds not planned."""
        spent = self.grants + self.moderated_pot + sum(pounds for _, pounds in self.by_use)
        return self.available + self.carried_in - spent - self.carried_out


SPENDING_USES = (FundUse.SPECIALIST_TIME, FundUse.BASE_RUNNING, FundUse.BASE_OPENING, FundUse.CONTINGENCY)


def fund_accounts(partnership: Partnership, policy: Policy, amounts: Amounts) -> tuple[FundAccount, ...]:
    """Every fund's account by financial year; grants are paid by the month."""
    accounts = []
    for fund in partnership.funds:
        granted = sum(pounds for (_, fund_id), pounds in amounts.grants.items() if fund_id == fund.fund_id)
        months = grant_months(fund, policy)
        for year, name in enumerate(partnership.financial_years, start=1):
            carried = amounts.carried.get(fund.fund_id, 0)
            accounts.append(
                FundAccount(
                    fund_id=fund.fund_id,
                    financial_year=name,
                    available=available_pounds(fund)[year - 1],
                    carried_in=carried if year == 2 else 0,
                    grants=granted * months[year - 1] // sum(months),
                    by_use=tuple((use, amounts.spending.get((fund.fund_id, year, use), 0)) for use in SPENDING_USES),
                    moderated_pot=sum(
                        pounds for (fund_id, half_term), pounds in amounts.pots.items()
                        if fund_id == fund.fund_id and (half_term <= 4) == (year == 1)
                    ),
                    carried_out=carried if year == 1 else 0,
                )
            )  # fmt: skip
    return tuple(accounts)


def specialist_time_pounds(partnership: Partnership, amounts: Amounts) -> int:
    """Pounds for all sessions, each service bought as cheaply as its offers allow; time in kind costs nothing."""
    return sum(bought.pounds for bought in purchases(partnership, amounts))


def base_pounds(partnership: Partnership, policy: Policy, amounts: Amounts) -> int:
    """Pounds this year to run all bases at their sizes, after place funding; lead-in apart."""
    return sum(base_running_pounds(b, amounts.base_sizes.get(b.base_id, 0), policy) for b in partnership.bases)


def lead_in_pounds(partnership: Partnership, policy: Policy, amounts: Amounts) -> int:
    """Pounds for the teachers of new bases before they open."""
    return sum(base_lead_in_pounds(b, amounts.base_sizes.get(b.base_id, 0), policy) for b in partnership.bases)


def paid_by_year(partnership: Partnership, policy: Policy, amounts: Amounts, use: FundUse) -> tuple[int, int]:
    """What a use costs: twelfths of a pound that fall by 31 March, and whole pounds in all (bases with their lead-in)."""
    if use is FundUse.SPECIALIST_TIME:
        cost = specialist_time_pounds(partnership, amounts)
        return cost * policy.board.september_to_march_months, cost
    twelfths = sum(base_march_twelfths(b, amounts.base_sizes.get(b.base_id, 0), policy) for b in partnership.bases)
    return twelfths, base_pounds(partnership, policy, amounts) + lead_in_pounds(partnership, policy, amounts)


# --- ledger per school -------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolLedger:
    """In and out for one school this year beside last year. Pounds, half-day sessions, places."""

    school: School
    paid_in_pounds: int
    grant_pounds: int
    sessions: tuple[tuple[str, int], ...]
    priced_sessions_pounds: int
    zone_share_sessions_hundredths: tuple[tuple[str, int], ...]
    places_share_hundredths: int
    base_places_hosted: int
    last_year_grant_pounds: int | None
    last_year_sessions: int | None
    standards: int
    met: int
    under_half: int
    out_of_reach: int

    @property
    def own_sessions(self) -> int:
        """Half-day sessions planned for this school."""
        return sum(sessions for _, sessions in self.sessions)

    @property
    def net_pounds(self) -> int:
        """Grant and priced sessions less what the school pays in."""
        return self.grant_pounds + self.priced_sessions_pounds - self.paid_in_pounds


def school_ledgers(partnership: Partnership, policy: Policy, picture: Picture, amounts: Amounts) -> tuple[SchoolLedger, ...]:
    """One ledger a school, in the partnership's order.

    Half-days are priced at the average price paid, time in kind at the policy's value of the role.
    A zone's time and places are shown to each of its schools in proportion to expected
    pupils: what a school may count on, not an amount of its own.
    """
    in_kind = {s.service_id: policy.role(s.role).value_pounds_per_session for s in partnership.services if not is_paid(partnership, s)}
    paid = time_pounds(partnership, amounts)
    pupils = _zone_pupils(picture, policy)
    last: dict[tuple[int, str], int] = {(row.urn, row.item): row.amount for row in partnership.last_year}
    has_last_year = {row.urn for row in partnership.last_year}
    sessions_of = {zone.zone_id: _zone_sessions(zone, partnership, policy, pupils, amounts) for zone in picture.zones}
    places_of = {zone.zone_id: _places_shares(zone, pupils, amounts) for zone in picture.zones}
    ledgers = []
    for school in partnership.schools:
        own = [(service_id, n) for (recipient, service_id), n in sorted(amounts.sessions.items()) if recipient == str(school.urn) and n]
        own_cells = [c for c in picture.cells if c.recipient == str(school.urn)]
        reached = [c for c in own_cells if not c.out_of_reach]
        zone = picture.zone_of(school.urn)
        known = school.urn in has_last_year
        ledgers.append(
            SchoolLedger(
                school=school,
                paid_in_pounds=sum(c.pounds for c in partnership.contributions if c.urn == school.urn),
                grant_pounds=sum(pounds for (urn, _), pounds in amounts.grants.items() if urn == school.urn),
                sessions=tuple(own),
                priced_sessions_pounds=sum(in_kind[v] * n if v in in_kind else paid[str(school.urn), v] for v, n in own),
                zone_share_sessions_hundredths=sessions_of[zone.zone_id][school.urn],
                places_share_hundredths=places_of[zone.zone_id][school.urn],
                base_places_hosted=sum(amounts.base_sizes.get(b.base_id, 0) for b in partnership.bases if b.host_urn == school.urn),
                last_year_grant_pounds=last.get((school.urn, GRANT_ITEM), 0) if known else None,
                last_year_sessions=sum(a for (urn, item), a in last.items() if urn == school.urn and item != GRANT_ITEM) if known else None,
                standards=len(own_cells),
                met=sum(amounts.need_met.get(c.cell_id, 0) == WHOLE for c in reached),
                under_half=sum(amounts.need_met.get(c.cell_id, 0) < WHOLE // 2 for c in reached),
                out_of_reach=len(own_cells) - len(reached),
            )
        )
    return tuple(ledgers)


def _zone_pupils(picture: Picture, policy: Policy) -> dict[tuple[int, str], Fraction]:
    """(urn, standard id) -> expected pupils, for the standards planned by zone."""
    pupils: dict[tuple[int, str], Fraction] = defaultdict(Fraction)
    for standard in policy.standards:
        if standard.is_for_zone:
            for need in picture.school_needs:
                if need.need == standard.need and standard.phase in {None, need.phase}:
                    pupils[need.urn, standard.standard_id] += need.expected_pupils
    return pupils


def _own_pupils(zone: Zone, standard_ids: set[str], pupils: dict[tuple[int, str], Fraction]) -> list[Fraction]:
    """Expected pupils of each of a zone's schools for these standards, in the zone's order."""
    return [sum((pupils.get((urn, s), Fraction(0)) for s in standard_ids), Fraction(0)) for urn in zone.urns]


def _zone_sessions(
    zone: Zone, partnership: Partnership, policy: Policy, pupils: dict[tuple[int, str], Fraction], amounts: Amounts
) -> dict[int, tuple[tuple[str, int], ...]]:
    """By school: hundredths of the zone's sessions of each service that it may count on; they add up to the zone's."""
    shares: dict[int, list[tuple[str, int]]] = {urn: [] for urn in zone.urns}
    for service in partnership.services:
        sessions = amounts.sessions.get((zone.zone_id, service.service_id), 0)
        if sessions:
            served = {s.standard_id for s in policy.standards if service.role in dict(s.sessions_per_pupil)}
            for urn, part in zip(zone.urns, largest_remainder(100 * sessions, _own_pupils(zone, served, pupils)), strict=True):
                shares[urn].append((service.service_id, part))
    return {urn: tuple(own) for urn, own in shares.items()}


def _places_shares(zone: Zone, pupils: dict[tuple[int, str], Fraction], amounts: Amounts) -> dict[int, int]:
    """By school: hundredths of the zone's base places that it may count on; they add up to the zone's."""
    exact = [Fraction(0)] * len(zone.urns)
    for (_, cell_id), places in amounts.places.items():
        recipient, _, standard_id = cell_id.rpartition(":")
        own = _own_pupils(zone, {standard_id}, pupils) if recipient == zone.zone_id else []
        if any(own):
            exact = [before + places * n / sum(own) for before, n in zip(exact, own, strict=True)]
    return dict(zip(zone.urns, largest_remainder(round(100 * sum(exact)), exact), strict=True))
