"""What the sheets of a plan are filled from, worked out once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from planner.audit import Breach, Miss, breaches, misses
from planner.export.summary import summary_lines
from planner.export.tables import Column, text_column
from planner.measures import (
    FundAccount,
    SchoolLedger,
    Standing,
    base_pounds,
    fund_accounts,
    lead_in_pounds,
    paid_by_year,
    school_ledgers,
    specialist_time_pounds,
    standing,
)
from planner.need import World
from planner.next_year import bases_next_year_pounds, opening_bases
from planner.offers import Purchase, purchases
from planner.partnership import Fund, FundUse, Partnership, Service
from planner.plan import Amounts, Plan, Roster
from planner.policy import Policy
from planner.reasons import Reason, reasons
from planner.roster import Told
from planner.supply import (
    ServiceSupply,
    base_opening_pounds,
    contingency_pounds,
    is_part_year,
    moderated_pot_pounds,
    pays,
    service_supply,
)
from planner.words import count, way_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way to share the pool, measured as the plan is."""

    name: str
    amounts: Amounts
    rules_broken: tuple[str, ...]
    standing: Standing


@dataclass(frozen=True)
class Facts:
    """A plan in its world, with the figures several sheets share."""

    plan: Plan
    world: World

    @property
    def amounts(self) -> Amounts:
        """What the plan decides."""
        return self.plan.amounts

    @property
    def partnership(self) -> Partnership:
        """Who it is decided for."""
        return self.world.partnership

    @property
    def policy(self) -> Policy:
        """By which settings."""
        return self.world.policy

    @cached_property
    def standing(self) -> Standing:
        """How many standards stand where."""
        return standing(self.world.picture, self.policy, self.amounts)

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The plan's summary of eight lines."""
        return summary_lines(self.plan, self.world)

    @cached_property
    def ways(self) -> tuple[Way, ...]:
        """The plan itself, then the other ways to share that were worked out beside it."""
        others = [(b.title.partition(" (")[0], b.amounts, b.rules_known_broken) for b in self.plan.baselines]
        return tuple(
            Way(name=name, amounts=amounts, rules_broken=broken, standing=standing(self.world.picture, self.policy, amounts))
            for name, amounts, broken in [("This plan", self.amounts, ()), *others]
        )

    @cached_property
    def ledgers(self) -> tuple[SchoolLedger, ...]:
        """In and out of each school."""
        return school_ledgers(self.partnership, self.policy, self.world.picture, self.amounts)

    @cached_property
    def accounts(self) -> tuple[FundAccount, ...]:
        """Each fund by financial year."""
        return fund_accounts(self.partnership, self.policy, self.amounts)

    @cached_property
    def reasons(self) -> dict[tuple[str, str], Reason]:
        """(recipient, standard id) -> why it is not fully met."""
        return {(reason.recipient, reason.standard_id): reason for reason in reasons(self.world, self.amounts)}

    @cached_property
    def breaches(self) -> tuple[Breach, ...]:
        """What the audit finds; nothing in a plan that was stored."""
        return tuple(breaches(self.world, self.amounts))

    @cached_property
    def misses(self) -> tuple[Miss, ...]:
        """Where rules give way at their price."""
        return tuple(misses(self.world, self.amounts))

    @cached_property
    def told(self) -> Told:
        """The roster by service and recipient; empty in a plan without names."""
        return Told(self.world, self.plan.roster or Roster(rows=()))

    @cached_property
    def supply(self) -> dict[str, ServiceSupply]:
        """Service id -> its half-days."""
        return {s.service_id: service_supply(self.partnership, self.policy, s) for s in self.partnership.services}

    @cached_property
    def time_rows(self) -> tuple[tuple[str, str], ...]:
        """(recipient, service id) of the rows of the sheet Time: every school's and zone's services that give it half-days."""
        order = [*(str(s.urn) for s in self.partnership.schools), *(zone.zone_id for zone in self.world.picture.zones)]
        services = [s.service_id for s in self.partnership.services]
        return tuple((to, service) for to in order for service in services if self.amounts.sessions.get((to, service), 0))

    @cached_property
    def place_rows(self) -> tuple[tuple[str, str, int], ...]:
        """(base id, cell id, places) of the rows of places on the sheet Bases."""
        return tuple((base_id, cell_id, n) for (base_id, cell_id), n in sorted(self.amounts.places.items()) if n)

    @cached_property
    def least_contingency(self) -> tuple[int, int]:
        """Least contingency by financial year."""
        return contingency_pounds(self.partnership, self.policy)

    @cached_property
    def least_pots(self) -> dict[int, int]:
        """Half-term -> least moderated pot."""
        return moderated_pot_pounds(self.partnership, self.policy)

    @cached_property
    def time_pounds(self) -> int:
        """All half-days at their price."""
        return specialist_time_pounds(self.partnership, self.amounts)

    @cached_property
    def bought(self) -> tuple[tuple[Service, Purchase], ...]:
        """Every service with what is bought of it."""
        return tuple(zip(self.partnership.services, purchases(self.partnership, self.amounts), strict=True))

    def sells_offers(self, service: Service) -> bool:
        """Whether a service has packages or price breaks."""
        return any(offer.service_id == service.service_id for offer in self.partnership.offers)

    @cached_property
    def running_pounds(self) -> int:
        """All bases this year, lead-in apart."""
        return base_pounds(self.partnership, self.policy, self.amounts)

    @cached_property
    def lead_in_pounds(self) -> int:
        """The teachers of new bases before they open."""
        return lead_in_pounds(self.partnership, self.policy, self.amounts)

    @cached_property
    def running_by_march_twelfths(self) -> int:
        """Twelfths of a pound of running and lead-in that fall by 31 March."""
        return paid_by_year(self.partnership, self.policy, self.amounts, FundUse.BASE_RUNNING)[0]

    @cached_property
    def bases_next_year_pounds(self) -> int:
        """All bases for a full year, as next year has them."""
        return bases_next_year_pounds(self.partnership, self.policy, self.amounts)

    @cached_property
    def opens_bases(self) -> bool:
        """Whether the plan opens a base: next year costs another sum then."""
        return bool(opening_bases(self.partnership, self.amounts))

    @cached_property
    def opens_during_the_year(self) -> bool:
        """Whether the plan opens a base after the school year has begun."""
        return any(map(is_part_year, opening_bases(self.partnership, self.amounts)))

    @cached_property
    def opening_pounds(self) -> int:
        """All bases that open, once."""
        opening = [b for b in self.partnership.bases if self.amounts.base_sizes.get(b.base_id, 0)]
        return sum(base_opening_pounds(base, self.policy) for base in opening)

    @cached_property
    def names(self) -> dict[str, str]:
        """URN as text or zone id -> name."""
        zones = {zone.zone_id: zone.zone_id for zone in self.world.picture.zones}
        return zones | {str(s.urn): s.name for s in self.partnership.schools}

    def services(self, serves: str) -> list[Service]:
        """The services planned for schools, or those planned for zones."""
        return [s for s in self.partnership.services if self.policy.role(s.role).serves == serves]

    def grant_funds(self) -> list[Fund]:
        """The funds that may pay grants, or do."""
        used = {fund_id for (_, fund_id), pounds in self.amounts.grants.items() if pounds}
        return [f for f in self.partnership.funds if pays(f, FundUse.GRANTS) or f.fund_id in used]

    def given(self, service_id: str) -> int:
        """Half-days given of a service."""
        return sum(n for (_, service), n in self.amounts.sessions.items() if service == service_id)


def counts_alone(facts: Facts) -> tuple[str, ...]:
    """Why the count of standards fully met does not say by itself which way is better; nothing where there is no other way."""
    plan, *others = facts.ways
    if not others:
        return ()
    line = f"{float(facts.policy.board.line_percent):g}"
    why = (
        f"The plan is made to leave as little need as possible below the board's line, {line} percent of each standard. "
        "A way that fills some standards to the full, and leaves others far below the line, "
        "can meet more of them in full and still leave more need below the line. So read the standards under half beside those fully met."
    )
    found = []
    for way in others:
        more = way.standing.met - plan.standing.met
        if more > 0:
            is_lower = way.standing.shortfall_points < plan.standing.shortfall_points
            broken = f", and breaks {count(len(way.rules_broken), 'rule')} that the plan keeps" if way.rules_broken else ""
            found.append(
                f"{way_name(way.name)} meets {more:,} more in full and leaves {'less' if is_lower else 'more'} need below the line{broken}."
            )
    return (why, " ".join(found) or "Here no other way meets more standards in full than this plan does.")


def right_columns() -> list[Column]:
    """Who decides on a resource; fill them with ``right_row``."""
    return [
        text_column("right", "Decision right", 10, help="Ours is allocated. Request to: the plan holds only if they say yes."),
        text_column("request_to", "Request to", 16),
        text_column("request_by", "Request by", 13),
    ]
