"""Small valid worlds for tests: one noun each, a whole partnership, and random ones.

Every builder gives something valid; a test names only what it is about. ``random_world`` draws
small partnerships with every awkward thing a real one may hold.
"""

from __future__ import annotations

import functools
import tomllib
from dataclasses import replace
from decimal import Decimal
from importlib.resources import files
from random import Random
from typing import Any

from fixtures import path_of
from planner.intake.parsing import read_partnership
from planner.need import World, world_of
from planner.partnership import (
    GRANT_ITEM,
    Base,
    BaseKind,
    Bound,
    Consent,
    Contribution,
    DecisionRight,
    Fund,
    FundSource,
    FundUse,
    HeadRule,
    HostCondition,
    LastYear,
    Offer,
    OfferKind,
    Partnership,
    Person,
    Phase,
    School,
    Service,
    YearEnd,
)
from planner.plan import Amounts
from planner.policy import DEFAULT_PACK, Policy, _lay_over, load_policy, policy_from_document

ALDER, LARCH = 900001, 900002
EVERY_USE = tuple(FundUse)
SCHOOL_ROLES = ("educational_psychologist", "speech_language_therapist", "specialist_teacher")
IN_TIME = {"cohort_fill", "next_year_affordable"}
ZONE_ROLES = ("occupational_therapist", "teacher_of_the_deaf", "teacher_of_vision")


# --- one noun each -------------------------------------------------------------------------


def a_school(urn: int = ALDER, **overrides: Any) -> School:
    """A primary school of 300 pupils in the zone North."""
    is_secondary = overrides.get("phase") is Phase.SECONDARY
    return School(**{
        "urn": urn, "name": f"School {urn}", "phase": Phase.PRIMARY,
        "primary_pupils": 0 if is_secondary else 300, "secondary_pupils": 900 if is_secondary else 0,
        "easting_metres": 450_000, "northing_metres": 240_000, "zone": "North", **overrides,
    })  # fmt: skip


def a_fund(fund_id: str = "pool", **overrides: Any) -> Fund:
    """A fund of our own that may pay for anything and keeps nothing after 31 March."""
    return Fund(**{
        "fund_id": fund_id, "name": f"Fund {fund_id}", "source": FundSource.DEVOLVED_HIGH_NEEDS,
        "september_to_march_pounds": 140_000, "april_to_august_pounds": 100_000, "allowed_uses": EVERY_USE, **overrides,
    })  # fmt: skip


def a_service(service_id: str = "slt", **overrides: Any) -> Service:
    """Speech and language therapists, in kind, in blocks of six."""
    return Service(**{
        "service_id": service_id, "name": f"Service {service_id}", "role": "speech_language_therapist", "employer": "The NHS trust",
        "price_pounds_per_session": 0, "minimum_block_sessions": 6, "request_to": "The NHS trust", **overrides,
    })  # fmt: skip


def an_offer(offer_id: str = "pack10", service_id: str = "slt", **overrides: Any) -> Offer:
    """A package of ten half-days for £3,700."""
    return Offer(**{
        "offer_id": offer_id, "service_id": service_id, "name": f"Offer {offer_id}", "kind": OfferKind.PACKAGE,
        "sessions": 10, "pounds": 3700, **overrides,
    })  # fmt: skip


def a_person(person_id: str = "slt1", service_id: str = "slt", **overrides: Any) -> Person:
    """A post of 60 half-days, 10 of them statutory and 5 for other duties."""
    return Person(**{
        "person_id": person_id, "service_id": service_id, "name": f"Post {person_id}",
        "sessions_a_year": 60, "statutory_sessions": 10, "other_duties_sessions": 5, **overrides,
    })  # fmt: skip


def a_base(base_id: str = "haven", **overrides: Any) -> Base:
    """An open primary base for autism at Alder: 8 places, 6 pupils, cheap to run."""
    return Base(**{
        "base_id": base_id, "name": f"Base {base_id}", "host_urn": ALDER, "phase": Phase.PRIMARY, "needs": ("ASD",),
        "kind": BaseKind.SUPPORT, "is_open": True, "places_now": 8, "pupils_now": 6, "sizes": (8, 12),
        "teacher_cost_pounds": 20_000, "place_cost_pounds": 7_000, "place_funding_pounds": 6_000, "opening_cost_pounds": 5_000,
        "request_to": "The council", **overrides,
    })  # fmt: skip


def a_partnership(**overrides: Any) -> Partnership:
    """A primary and a secondary school, a fund, a school service, a zone service, one base open and one possible."""
    return Partnership(**{
        "name": "Sallowfield", "academic_year": "2026/27",
        "schools": (a_school(ALDER), a_school(LARCH, phase=Phase.SECONDARY, easting_metres=453_000)),
        "funds": (a_fund(),),
        "services": (a_service("slt"), a_service("ot", role="occupational_therapist", minimum_block_sessions=2)),
        "people": (a_person("slt1", "slt"), a_person("ot1", "ot", sessions_a_year=30)),
        "bases": (a_base("haven"), a_base("nest", is_open=False, places_now=0, pupils_now=0, sizes=(4, 8), needs=("SLCN",))),
        "host_conditions": (HostCondition(urn=ALDER, consent=Consent.YES),),
        **overrides,
    })  # fmt: skip


# --- policy and world ----------------------------------------------------------------------


@functools.cache
def the_pack() -> dict[str, Any]:
    """The shipped pack as a document."""
    text = files("planner.policy_packs").joinpath(f"{DEFAULT_PACK}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text, parse_float=Decimal)


def a_policy(changes: dict[str, Any] | None = None) -> Policy:
    """The shipped policy with changes laid over it, as a board's file would be."""
    return policy_from_document(_lay_over(the_pack(), changes or {}, path=""))


def a_world(changes: dict[str, Any] | None = None, **overrides: Any) -> World:
    """The world of ``a_partnership(**overrides)`` under ``a_policy(changes)``."""
    return world_of(a_partnership(**overrides), a_policy(changes))


def amounts(**given: Any) -> Amounts:
    """Amounts with only these."""
    return Amounts(**given)


@functools.cache
def two_schools() -> World:
    """The smallest fixture; our own partnership stands in until it is there."""
    folder = path_of("two_schools")
    if not folder.is_dir():
        return a_world()
    policy = load_policy(folder / "policy.toml" if (folder / "policy.toml").is_file() else None)
    partnership, findings = read_partnership(folder, need_codes=policy.need_codes(), role_ids=policy.role_ids())
    assert partnership is not None, [f.sentence() for f in findings]
    return world_of(partnership, policy)


# --- random worlds -------------------------------------------------------------------------


def random_world(rng: Random) -> World:
    """A small partnership with everything awkward now and then; some have no plan at all."""
    schools = _random_schools(rng)
    services, people = _random_services(rng)
    bases, conditions = _random_bases(rng, schools)
    partnership = Partnership(
        name="Random", academic_year="2026/27", schools=schools, funds=_random_funds(rng), services=services, people=people, bases=bases,
        host_conditions=conditions, last_year=_random_last_year(rng, schools, services), head_rules=_random_wishes(rng, schools, services),
    )  # fmt: skip
    partnership, changes = _in_time(Random(rng.random()), partnership, _random_changes(rng))
    return _with_random_fairness(Random(rng.random()), with_random_offers(partnership, Random(rng.random())), changes)


def with_random_offers(partnership: Partnership, rng: Random) -> Partnership:
    """Now and then a service sells packages or has price breaks, and now and then it sells nothing outside its packages."""
    services, offers = list(partnership.services), []
    for i, service in enumerate(services):
        kind = rng.choice((None, None, "packages", "few packages", "breaks"))
        price = service.price_pounds_per_session or 150
        if kind in {"packages", "few packages"}:
            sizes = rng.sample((3, 5, 8, 10, 15, 20), rng.randint(1, 3))
            most = rng.choice((1, 2)) if kind == "few packages" else rng.choice((None, None, 4))
            offers += [
                an_offer(
                    f"{service.service_id}_pack{n}",
                    service.service_id,
                    sessions=n,
                    pounds=n * price - rng.randint(0, 20 * n),
                    most_bought=most,
                )
                for n in sizes
            ]
            services[i] = replace(service, price_pounds_per_session=0 if kind == "few packages" else price)
        elif kind == "breaks":
            offers += [
                an_offer(f"{service.service_id}_from{n}", service.service_id, kind=OfferKind.PRICE_BREAK, sessions=n, pounds=price - by)
                for n, by in ((4, 20), (11, 45), (21, 70))
            ]
            services[i] = replace(service, price_pounds_per_session=price)
    return replace(partnership, services=tuple(services), offers=tuple(offers))


def _random_schools(rng: Random) -> tuple[School, ...]:
    by_zone = rng.random() < 0.6
    schools = []
    for i in range(rng.randint(2, 5)):
        phase = rng.choice((Phase.PRIMARY, Phase.PRIMARY, Phase.SECONDARY, Phase.ALL_THROUGH))
        schools.append(
            a_school(
                900001 + i,
                phase=phase,
                primary_pupils=0 if phase is Phase.SECONDARY else rng.randint(30, 450),
                secondary_pupils=0 if phase is Phase.PRIMARY else rng.randint(200, 1200),
                easting_metres=450_000 + rng.randint(-12_000, 12_000),
                northing_metres=240_000 + rng.randint(-12_000, 12_000),
                zone=rng.choice(("East", "West")) if by_zone else "",
                membership_percent=rng.choice((100, 100, 100, 50)),
                fsm6_pupils=rng.choice((None, rng.randint(0, 60))),
                low_prior_attainment_pupils=rng.choice((None, rng.randint(0, 90))),
                mobile_pupils=rng.choice((None, rng.randint(0, 20))),
                idaci_pupils=rng.choice((None, rng.randint(0, 90))),
                sen_support_pupils=rng.choice((None, rng.randint(0, 80))),
            )
        )
    return tuple(schools)


def _random_funds(rng: Random) -> tuple[Fund, ...]:
    funds = [
        a_fund(
            "main",
            september_to_march_pounds=rng.randint(30_000, 160_000),
            april_to_august_pounds=rng.randint(25_000, 120_000),
            year_end=rng.choice(tuple(YearEnd)),
            brought_forward_pounds=rng.choice((0, 0, rng.randint(-9_000, 9_000))),
            must_return_pounds=rng.choice((0, 0, rng.randint(0, 4_000))),
        )
    ]
    kinds = ["information", "first year", "second year", "narrow", "overspent", "capital"]
    for i, kind in enumerate(rng.sample(kinds, rng.randint(0, 2))):
        first, second = rng.randint(1_000, 40_000), rng.randint(1_000, 30_000)
        uses = tuple(sorted(rng.sample(EVERY_USE, rng.randint(1, 4))))
        change: dict[str, Any] = {
            "information": {"decision_right": DecisionRight.INFORMATION},
            "first year": {"april_to_august_pounds": 0, "year_end": rng.choice(tuple(YearEnd))},
            "second year": {"september_to_march_pounds": 0},
            "narrow": {"allowed_uses": rng.choice(((FundUse.GRANTS,), (FundUse.BASE_RUNNING, FundUse.BASE_OPENING)))},
            "overspent": {"brought_forward_pounds": -first - rng.randint(0, second), "year_end": YearEnd.CARRY},
            "capital": {"source": FundSource.CAPITAL, "allowed_uses": (FundUse.BASE_OPENING,)},
        }[kind]
        funds.append(
            a_fund(f"fund{i}", **{"september_to_march_pounds": first, "april_to_august_pounds": second, "allowed_uses": uses, **change})
        )
    return tuple(funds)


def _random_services(rng: Random) -> tuple[tuple[Service, ...], tuple[Person, ...]]:
    services: list[Service] = []
    people: list[Person] = []
    for i, role in enumerate(rng.choices(SCHOOL_ROLES + ZONE_ROLES, k=rng.randint(1, 3))):
        services.append(
            a_service(
                f"service{i}",
                role=role,
                price_pounds_per_session=rng.choice((0, 0, 137, 260)),
                minimum_block_sessions=rng.choice((None, 1, 4, 7)),
                decision_right=rng.choice((DecisionRight.OURS, DecisionRight.REQUEST, DecisionRight.REQUEST, DecisionRight.INFORMATION)),
            )
        )
        people.extend(
            a_person(
                f"post{i}{j}",
                f"service{i}",
                sessions_a_year=rng.randint(10, 90),
                statutory_sessions=rng.choice((0, rng.randint(0, 30))),
                other_duties_sessions=rng.choice((0, rng.randint(0, 8))),
                is_vacant=rng.random() < 0.15,
            )
            for j in range(rng.randint(1, 2))
        )
    return tuple(services), tuple(people)


def _random_bases(rng: Random, schools: tuple[School, ...]) -> tuple[tuple[Base, ...], tuple[HostCondition, ...]]:
    bases = []
    for i in range(rng.randint(0, 3)):
        host = rng.choice(schools)
        is_open = rng.random() < 0.5
        pupils = rng.randint(0, 9) if is_open else 0
        phase = rng.choice((Phase.PRIMARY, Phase.SECONDARY)) if host.phase is Phase.ALL_THROUGH else host.phase
        bases.append(
            a_base(
                f"base{i}",
                host_urn=host.urn,
                phase=phase,
                needs=tuple(sorted(rng.sample(("ASD", "SEMH", "SLCN", "HI"), rng.randint(1, 2)))),
                is_open=is_open,
                places_now=max(0, pupils + rng.randint(-1, 3)) if is_open else 0,
                pupils_now=pupils,
                sizes=tuple(sorted(rng.sample((2, 4, 8, 10, 12), rng.randint(0 if is_open else 1, 3)))),
                may_close=rng.random() < 0.3,
                decision_right=rng.choice((DecisionRight.OURS, DecisionRight.REQUEST, DecisionRight.REQUEST, DecisionRight.INFORMATION)),
                teacher_cost_pounds=rng.choice((9_000, 15_000, None)) if not is_open else 9_000,
                opening_cost_pounds=rng.choice((0, 3_000, None)),
                place_cost_pounds=rng.choice((5_000, 6_500)),
            )
        )
    conditions = [
        HostCondition(urn=s.urn, consent=rng.choice((Consent.YES, Consent.YES, Consent.NO)), most_places=rng.choice((None, None, 4, 12)))
        for s in schools
        if rng.random() < 0.6
    ]
    return tuple(bases), tuple(conditions)


def _in_time(rng: Random, partnership: Partnership, changes: dict[str, Any]) -> tuple[Partnership, dict[str, Any]]:
    """Bases that open during the year, lead-in, cohorts and a limit on next year; drawn apart, so that all else stays as it was."""
    bases = tuple(b if b.is_open else replace(b, opens_in_half_term=rng.choice((1, 1, 1, 2, 3, 4, 5, 6))) for b in partnership.bases)
    board, rules = changes["board"], changes["rules"]
    if rng.random() < 0.3:
        board["cohort_fill_percent"] = rng.choice((0, 34, 50, 75))
    if rng.random() < 0.2:
        rules["cohort_fill"] = False
    if rng.random() < 0.3:
        rules["next_year_affordable"] = True
        board["next_year_affordable_percent"] = rng.choice((15, 20, 25, 40, 100))
    changes["bases"]["lead_in_months"] = rng.choice((0, 0, 3, 4))
    return replace(partnership, bases=bases), changes


def _random_last_year(rng: Random, schools: tuple[School, ...], services: tuple[Service, ...]) -> tuple[LastYear, ...]:
    if rng.random() < 0.4:
        return ()
    rows = []
    for school in schools:
        if rng.random() < 0.8:
            rows.append(LastYear(urn=school.urn, item=GRANT_ITEM, amount=rng.choice((0, rng.randint(500, 12_000)))))
        rows.extend(
            LastYear(urn=school.urn, item=s.service_id, amount=rng.randint(0, 14))
            for s in services
            if s.role in SCHOOL_ROLES and rng.random() < 0.5
        )
    return tuple(rows)


def _random_wishes(rng: Random, schools: tuple[School, ...], services: tuple[Service, ...]) -> tuple[HeadRule, ...]:
    items = [GRANT_ITEM, *(s.service_id for s in services if s.role in SCHOOL_ROLES)]
    return tuple(
        HeadRule(
            rule_id=f"wish{i}",
            urn=rng.choice(schools).urn,
            item=(item := rng.choice(items)),
            bound=rng.choice((Bound.AT_LEAST, Bound.AT_MOST, Bound.AT_MOST, Bound.EXACTLY)),
            amount=rng.randint(0, 4_000) if item == GRANT_ITEM else rng.randint(0, 12),
        )
        for i in range(rng.choice((0, 0, 1, 2)))
    )


def _random_changes(rng: Random) -> dict[str, Any]:
    board: dict[str, Any] = {
        "line_percent": rng.choice((60, 70, 85, 100)),
        "contingency_percent": rng.choice((0, 3, 5)),
        "moderated_pot_percent": rng.choice((0, 10, 12)),
        "money_floor_percent": rng.choice((-100, -50, -20)),
        "money_cap_percent": rng.choice((20, 100, 300)),
        "sessions_floor_percent": rng.choice((-100, -50, -30)),
        "september_to_march_months": rng.choice((7, 7, 5)),
    }
    off = {rule: False for rule, is_on in the_pack()["rules"].items() if is_on and rule not in IN_TIME and rng.random() < 0.1}
    return {
        "board": board,
        "rules": off,
        "bases": {
            "teacher_cost_pounds": 12_000,
            "opening_cost_pounds": 4_000,
            "smallest_primary_places": rng.choice((2, 8)),
        },
    }


def _with_random_fairness(rng: Random, partnership: Partnership, changes: dict[str, Any]) -> World:
    """In half the worlds, some of the rules that the pack has off, with something for each of them to be about."""
    world = world_of(partnership, a_policy(changes))
    if rng.random() < 0.5:
        return world
    on = {rule_id: True for rule_id, is_on in the_pack()["rules"].items() if not is_on and rng.random() < 0.5}
    reached = sorted({c.standard_id for c in world.picture.cells if not c.out_of_reach})
    if any(b.phase is Phase.SECONDARY for b in partnership.bases):
        on["secondaries_in_proportion"] = True
    changes["rules"] |= on
    changes["board"] |= {
        "host_share_percent": rng.choice((20, 50)),
        "secondary_places_per_1000": rng.choice((10, 20)),
        "secondary_places_target_year": rng.choice((2025, 2027)),
        "sessions_cap_percent": rng.choice((0, 50)),
        "standard_floors": {s: rng.choice((5, 20)) for s in rng.sample(reached, min(len(reached), 2))},
        "money_taper_years": (years := rng.choice((0, 0, 3))),
        "money_taper_year": rng.randint(1, max(years, 1)),
    }
    paying = [Contribution(urn=s.urn, fund_id=partnership.funds[0].fund_id, pounds=rng.randint(0, 3_000)) for s in partnership.schools]
    agreed = {b.host_urn: HostCondition(urn=b.host_urn, consent=Consent.YES) for b in partnership.bases if b.phase is Phase.SECONDARY}
    had = [
        LastYear(urn=s.urn, item=v.service_id, amount=rng.randint(1, 6))
        for s in partnership.schools
        for v in partnership.services
        if v.role in SCHOOL_ROLES and not partnership.last_year
    ]
    fairer = replace(
        partnership,
        contributions=tuple(paying) if "no_worse_outside" in on else (),
        host_conditions=(*(c for c in partnership.host_conditions if c.urn not in agreed), *agreed.values()),
        last_year=(*partnership.last_year, *(had if "sessions_cap" in on else ())),
    )
    return world_of(fairer, a_policy(changes))


def shuffled_and_renamed(world: World, rng: Random) -> World:
    """The same partnership with its schools in another order and under other names."""
    schools = [replace(s, name=f"Renamed {s.urn}", trust="Another trust") for s in world.partnership.schools]
    rng.shuffle(schools)
    return world_of(replace(world.partnership, name="Another name", schools=tuple(schools)), world.policy)
