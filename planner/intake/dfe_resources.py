"""Bases from the register, and everything no public file holds: money, people, new bases, last year.

What is assumed comes from the policy pack's ``assume`` figures, and every cell so filled is
marked assumed in the Sources sheet until the partnership overwrites it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from planner.intake.dfe_files import Register, RegisterRow, need_code
from planner.intake.dfe_schools import Record
from planner.partnership import (
    GRANT_ITEM,
    HALF_DAYS_IN_A_YEAR,
    Base,
    BaseKind,
    Consent,
    DecisionRight,
    Fund,
    FundSource,
    FundUse,
    HostCondition,
    LastYear,
    Person,
    Phase,
    School,
    Service,
    YearEnd,
)
from planner.policy import Policy, Role
from planner.rounding import half_up, largest_remainder
from planner.supply import MONTHS

COUNCIL = "the council"
HEALTH_TRUST = "the health trust"
COUNCIL_PAYS = "Commissioned and paid by the council; assumed"
PLANNER_DEFAULT = "Planner default for a first look; assumed"

_HEALTH_ROLES = ("speech_language_therapist", "occupational_therapist")
_STATUTORY_ROLE = "educational_psychologist"
_KINDS = (
    ("rp", "resourced provision", "resourced provision", "rp_places", "rp_pupils"),
    ("unit", "SEN unit", "sen unit", "unit_places", "unit_pupils"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What the schools share, all of it assumed except open bases."""

    funds: tuple[Fund, ...] = ()
    services: tuple[Service, ...] = ()
    people: tuple[Person, ...] = ()
    bases: tuple[Base, ...] = ()
    host_conditions: tuple[HostCondition, ...] = ()
    last_year: tuple[LastYear, ...] = ()


def open_bases(
    rows: Sequence[RegisterRow], schools: Sequence[School], register: Register, policy: Policy, record: Record
) -> tuple[Base, ...]:
    """Return the bases that the register records at member schools, one for each kind a school has.

    The council commissions and pays them, so they cost the pool nothing and stay at their
    size: the places recorded, or the pupils in them where those are more.
    """
    if not register.has_bases:
        record.notes.append(
            f"{register.path.name} has no columns on SEN units and resourced provision, so no open base is known: "
            "use the full extract of the register, or enter the bases yourself."
        )
        return ()
    gias = f"DfE, Get Information about Schools ({register.path.name})"
    bases = []
    for row, school in zip(rows, schools, strict=True):
        says = row.provision.lower()
        for kind in _KINDS:
            _, name, words, places_field, pupils_field = kind
            if says and words not in says:
                continue  # figures beside 'Not applicable' are left over from another year
            if getattr(row, places_field) or getattr(row, pupils_field):
                bases.append(_open_base(kind, row, school, policy, record))
            elif says:
                record.about(row, f"the register names a {name} without places or pupils, so it is left out.")
    if bases:
        record.published("Bases", ["host_urn", "needs", "places_now", "pupils_now"], gias, register.released)
    return tuple(bases)


def assume_resources(schools: Sequence[School], bases: Sequence[Base], policy: Policy, record: Record, *, council: str) -> Resources:
    """Return money, time, hosts, possible new bases and last year for the schools, each cell marked assumed.

    Pounds are whole, sessions whole half-days; shares go by roll with the largest remainder.
    """
    pupils = sum(school.pupils for school in schools)
    funds = _funds(pupils, policy, record)
    services, people = _time(pupils, _named(council), policy, record)
    new = _new_bases(schools, bases, policy, record)
    return Resources(
        funds=funds,
        services=services,
        people=people,
        bases=new,
        host_conditions=_hosts([*bases, *new], record),
        last_year=_last_year(schools, funds, services, people, policy, record),
    )


def _named(council: str) -> str:
    """Return what a council is called wherever something is asked of it."""
    return f"{COUNCIL} ({council})" if council else COUNCIL


def _open_base(kind: tuple[str, ...], row: RegisterRow, school: School, policy: Policy, record: Record) -> Base:
    short, name, _, places_field, pupils_field = kind
    places, pupils = getattr(row, places_field), getattr(row, pupils_field)
    codes = policy.need_codes()
    listed = {label: need_code(label, codes) for label in row.needs}
    for label in (label for label, code in listed.items() if code is None):
        record.about(row, f"the register's need '{label}' of its {name} is not one the planner knows.")
    needs = tuple(dict.fromkeys(code for code in listed.values() if code))
    now = places or pupils or 0
    base = Base(
        base_id=f"{short}_{row.urn}",
        name=f"{name[0].upper()}{name[1:]} at {school.name}",
        host_urn=school.urn,
        phase=Phase.PRIMARY if school.phase is Phase.PRIMARY else Phase.SECONDARY,
        needs=needs or policy.assume_needs("open_base"),
        kind=BaseKind.SPECIALIST,
        is_open=True,
        places_now=now,
        pupils_now=pupils or 0,
        sizes=(max(now, pupils or 0),),
        teacher_cost_pounds=0,
        place_cost_pounds=0,
        decision_right=DecisionRight.REQUEST,
        request_to=_named(row.council),
    )
    for cost in ("teacher_cost_pounds", "place_cost_pounds", "place_funding_pounds"):
        record.assumed("Bases", base, cost, COUNCIL_PAYS)
    if not needs:
        record.assumed("Bases", base, "needs", "The register names no need for it; the needs most bases are for")
    if school.phase is Phase.ALL_THROUGH:
        record.assumed("Bases", base, "phase", "The register does not say which phase of an all-through school it serves")
    if not places:
        record.assumed("Bases", base, "places_now", "The register gives no places; as many as the pupils in it")
        record.about(row, f"the register gives its {name} no places but {pupils} pupils, so it is taken to have {pupils} places.")
    elif pupils and pupils > places:
        record.about(row, f"its {name} is over-full: {pupils} pupils in {places} places.")
    if pupils is None:
        record.assumed("Bases", base, "pupils_now", "The register's on-roll figure is blank; taken as none, so that no place is held")
    return base


def _funds(pupils: int, policy: Policy, record: Record) -> tuple[Fund, ...]:
    pot_uses = (FundUse.MODERATED_POT, FundUse.CONTINGENCY)
    kinds = (
        ("imf", "Inclusive Mainstream Fund", FundSource.INCLUSIVE_MAINSTREAM_FUND, YearEnd.RETURN,
         (FundUse.GRANTS, *pot_uses), "Ages 5 to 16; assumed on the whole roll", "inclusive_mainstream_fund_pounds_per_pupil"),
        ("devolved_hn", "Devolved high needs", FundSource.DEVOLVED_HIGH_NEEDS, YearEnd.RETURN,
         (FundUse.GRANTS, FundUse.SPECIALIST_TIME, FundUse.BASE_RUNNING, *pot_uses), "", "devolved_high_needs_pounds_per_pupil"),
        ("capital", "Capital for inclusion bases", FundSource.CAPITAL, YearEnd.CARRY,
         (FundUse.BASE_OPENING,), "Capital only", "capital_pounds_per_pupil"),
    )  # fmt: skip
    months = policy.board.september_to_march_months
    funds = []
    for fund_id, name, source, year_end, uses, conditions, figure in kinds:
        # Capital pays for openings, and those are paid before 1 April.
        share = [MONTHS, 0] if source is FundSource.CAPITAL else [months, MONTHS - months]
        pounds = half_up(policy.assume(figure) * pupils)
        if source is FundSource.CAPITAL:  # less than one opening could buy nothing at all
            pounds = max(pounds, policy.bases.opening_cost_pounds)
        first, second = largest_remainder(pounds, share)
        fund = Fund(
            fund_id=fund_id, name=name, source=source, september_to_march_pounds=first, april_to_august_pounds=second,
            year_end=year_end, allowed_uses=uses, conditions=conditions,
        )  # fmt: skip
        funds.append(fund)
        for part in ("september_to_march_pounds", "april_to_august_pounds"):
            record.assumed("Funds", fund, part, *_figure(policy, figure))
        for rule in ("year_end", "allowed_uses", "decision_right"):
            record.assumed("Funds", fund, rule, PLANNER_DEFAULT, policy.date)
    return tuple(funds)


def _time(pupils: int, council: str, policy: Policy, record: Record) -> tuple[tuple[Service, ...], tuple[Person, ...]]:
    services: list[Service] = []
    people: list[Person] = []
    for role in policy.roles:
        figure = f"pupils_per_{role.role_id}"
        tenths = half_up(10 * pupils / policy.assume(figure))
        if not tenths and pupils < policy.assume("few_pupils"):
            record.notes.append(f"{role.name}: {pupils:,} pupils are too few for even a tenth of a post, so none is assumed.")
            continue
        service = Service(
            service_id=role.short.lower().replace(" ", "_"),
            name=f"{role.name} service",
            role=role.role_id,
            employer=HEALTH_TRUST if role.role_id in _HEALTH_ROLES else council,
            price_pounds_per_session=0,
            decision_right=DecisionRight.REQUEST,
            request_to=council,
        )
        services.append(service)
        for name in ("employer", "price_pounds_per_session", "unused_time_is_lost", "decision_right", "request_to"):
            record.assumed("Services", service, name, "Experts at hand, given in kind through the council; assumed", policy.date)
        people.extend(_posts(max(tenths, 1), role, service, figure, policy, record))
    return tuple(services), tuple(people)


def _posts(tenths: int, role: Role, service: Service, figure: str, policy: Policy, record: Record) -> list[Person]:
    """Make posts of up to one full-time equivalent that add up to ``tenths`` tenths of one."""
    per_wte = policy.assume("sessions_per_wte")
    source, date = _figure(policy, figure, "sessions_per_wte")
    posts = []
    for number, part in enumerate([10] * (tenths // 10) + [tenths % 10] * bool(tenths % 10), start=1):
        sessions = min(half_up(per_wte * part / 10), HALF_DAYS_IN_A_YEAR)
        is_statutory = role.role_id == _STATUTORY_ROLE
        percent = policy.assume(f"{_STATUTORY_ROLE}_statutory_percent") if is_statutory else Fraction(0)
        post = Person(
            person_id=f"{service.service_id}{number}",
            service_id=service.service_id,
            name=f"{role.name}, post {number}",
            sessions_a_year=sessions,
            statutory_sessions=half_up(percent * sessions / 100),
        )
        posts.append(post)
        record.assumed("People", post, "sessions_a_year", source, date)
        if is_statutory:
            record.assumed("People", post, "statutory_sessions", *_figure(policy, f"{_STATUTORY_ROLE}_statutory_percent"))
        else:
            record.assumed("People", post, "statutory_sessions", PLANNER_DEFAULT, policy.date)
    return posts


def _new_bases(schools: Sequence[School], existing: Sequence[Base], policy: Policy, record: Record) -> tuple[Base, ...]:
    """Propose hosts so that the plan has a choice: large schools, far from one another and from open bases."""
    by_urn = {school.urn: school for school in schools}
    hosts = {base.host_urn for base in existing}
    primaries = [s for s in schools if s.phase is Phase.PRIMARY and s.urn not in hosts]
    secondaries = [s for s in schools if s.phase is not Phase.PRIMARY and s.urn not in hosts]
    most_secondary = int(policy.assume("most_new_secondary_bases"))
    wanted = max(1, half_up(len(schools) / policy.assume("schools_to_a_primary_base")))
    choice = [
        (Phase.PRIMARY, _spread(primaries, [by_urn[b.host_urn] for b in existing if b.phase is Phase.PRIMARY], wanted)),
        (Phase.SECONDARY, _spread(secondaries, [by_urn[b.host_urn] for b in existing if b.phase is Phase.SECONDARY], most_secondary)),
    ]
    smallest = {Phase.PRIMARY: policy.bases.smallest_primary_places, Phase.SECONDARY: policy.bases.smallest_secondary_places}
    bases = []
    for phase, chosen in choice:
        figure = f"new_base_{phase.value}_places"
        first = min(max(half_up(policy.assume(figure)), smallest[phase]), policy.bases.most_places)
        steps = [n * int(policy.assume("places_between_sizes")) for n in range(int(policy.assume("new_base_sizes")))]
        sizes = tuple(dict.fromkeys(min(first + step, policy.bases.most_places) for step in steps))
        for school in chosen:
            base = Base(
                base_id=f"new_{school.urn}",
                name=f"Possible base at {school.name}",
                host_urn=school.urn,
                phase=phase,
                needs=policy.assume_needs(f"new_base_{phase.value}"),
                kind=BaseKind.SUPPORT,
                is_open=False,
                places_now=0,
                pupils_now=0,
                sizes=sizes,
                place_funding_pounds=policy.bases.place_funding_on_roll_pounds,
                decision_right=DecisionRight.OURS,
            )
            bases.append(base)
            record.assumed("Bases", base, "sizes", *_figure(policy, figure, "new_base_sizes", "places_between_sizes"))
            record.assumed("Bases", base, "place_funding_pounds", *_figure(policy, "bases.place_funding_on_roll_pounds"))
            for name in ("host_urn", "needs", "kind", "decision_right"):
                record.assumed("Bases", base, name, PLANNER_DEFAULT, policy.date)
    return tuple(bases)


def _spread(schools: Sequence[School], taken: Sequence[School], count: int) -> list[School]:
    """Choose from the larger half: the largest first, then always the one farthest from all before it."""
    by_roll = sorted(schools, key=lambda s: (-s.pupils, s.urn))
    pool = by_roll[: max(count, (len(by_roll) + 1) // 2)]
    chosen: list[School] = []
    while pool and len(chosen) < count:
        before = [*taken, *chosen]
        best = max(pool, key=lambda s: (min(_squared_metres(s, other) for other in before), s.pupils, -s.urn)) if chosen else pool[0]
        chosen.append(best)
        pool.remove(best)
    return chosen


def _squared_metres(one: School, other: School) -> int:
    return (one.easting_metres - other.easting_metres) ** 2 + (one.northing_metres - other.northing_metres) ** 2


def _hosts(bases: Sequence[Base], record: Record) -> tuple[HostCondition, ...]:
    most: dict[int, int] = defaultdict(int)
    for base in bases:
        most[base.host_urn] += max(base.sizes)
    hosts = tuple(HostCondition(urn=urn, consent=Consent.YES, most_places=places) for urn, places in most.items())
    for host in hosts:
        for name in ("consent", "most_places"):
            record.assumed("Host conditions", host, name, "Nobody has asked the school yet; assumed so that the plan has a choice")
    return hosts


def _last_year(
    schools: Sequence[School], funds: Sequence[Fund], services: Sequence[Service], people: Sequence[Person], policy: Policy, record: Record
) -> tuple[LastYear, ...]:
    """Share last year's grant money and school-based time by roll."""
    rolls = [school.pupils for school in schools]
    for_grants = sum(f.september_to_march_pounds + f.april_to_august_pounds for f in funds if FundUse.GRANTS in f.allowed_uses)
    left_percent = 100 - policy.board.contingency_percent - policy.board.moderated_pot_percent
    grant = half_up(for_grants * left_percent * policy.assume("last_year_grant_percent") / 10_000)
    amounts = {GRANT_ITEM: (grant, *_figure(policy, "last_year_grant_percent"))}
    for service in services:
        if policy.role(service.role).serves == "school":
            time = sum(p.sessions_a_year - p.statutory_sessions for p in people if p.service_id == service.service_id)
            sessions = half_up(time * policy.assume("last_year_sessions_percent") / 100)
            amounts[service.service_id] = (sessions, *_figure(policy, "last_year_sessions_percent"))
    return tuple(_rows_last_year(schools, rolls, amounts, record))


def _rows_last_year(
    schools: Sequence[School], rolls: Sequence[int], amounts: Mapping[str, tuple[int, str, str]], record: Record
) -> list[LastYear]:
    rows = []
    for item, (total, source, date) in amounts.items():
        for school, amount in zip(schools, largest_remainder(total, rolls), strict=True):
            row = LastYear(urn=school.urn, item=item, amount=amount)
            rows.append(row)
            record.assumed("Last year", row, "amount", source, date)
    return rows


def _figure(policy: Policy, *names: str) -> tuple[str, str]:
    """Return the source text and the date of policy figures, named within ``assume`` unless dotted."""
    by_path = {figure.path: figure for figure in policy.figures}
    figures = [by_path[name if "." in name else f"assume.{name}"] for name in names]
    text = "; ".join(f"{figure.source} ({figure.path} = {figure.value})" for figure in figures)
    return f"Policy pack: {text}", max(figure.date for figure in figures)
