"""Partnerships kept in the store as a worker finds them: one quick to plan, one that keeps HiGHS busy for minutes."""

import functools
import json
from random import Random

from builders import a_base, a_fund, a_person, a_school, a_service, a_world

from fixtures import path_of
from planner.documents import to_plain
from planner.intake.parsing import read_partnership
from planner.need import world_of
from planner.partnership import Consent, HostCondition, Phase
from planner.policy import load_policy

ROLES = {"speech_language_therapist": 0, "educational_psychologist": 137, "specialist_teacher": 260}


@functools.cache
def busy_world(count):
    """Schools with bases that may open: 12 take about a second, 80 to a gap of nought some minutes."""
    rng = Random(1)
    schools = tuple(
        a_school(
            900001 + i,
            phase=Phase.PRIMARY if i % 4 else Phase.SECONDARY,
            primary_pupils=rng.randint(90, 450) if i % 4 else 0,
            secondary_pupils=0 if i % 4 else rng.randint(600, 1300),
            easting_metres=450_000 + rng.randint(-9000, 9000),
            northing_metres=240_000 + rng.randint(-9000, 9000),
            zone=rng.choice(("East", "West")),
        )
        for i in range(count)
    )
    bases = tuple(
        a_base(
            f"base{i}", host_urn=school.urn, phase=school.phase, is_open=False, places_now=0, pupils_now=0, sizes=(4, 8, 10, 12),
            needs=(("ASD", "SEMH", "SLCN")[i % 3],), teacher_cost_pounds=15_000,
        )
        for i, school in enumerate(schools[:8])
    )  # fmt: skip
    return a_world(
        schools=schools,
        funds=(a_fund(september_to_march_pounds=14_000 * count, april_to_august_pounds=10_000 * count),),
        services=tuple(
            a_service(role, role=role, minimum_block_sessions=7, price_pounds_per_session=price) for role, price in ROLES.items()
        ),
        people=tuple(a_person(f"post of {role}", role, sessions_a_year=9 * count, statutory_sessions=20) for role in ROLES),
        bases=bases,
        host_conditions=tuple(HostCondition(urn=base.host_urn, consent=Consent.YES) for base in bases),
    )


@functools.cache
def fixture_world(name):
    folder = path_of(name)
    policy = load_policy(folder / "policy.toml")
    partnership, findings = read_partnership(folder, need_codes=policy.need_codes(), role_ids=policy.role_ids())
    assert partnership is not None, [finding.sentence() for finding in findings]
    return world_of(partnership, policy)


def bring(store, world, by):
    """A partnership with this world as version 1 of its figures and policy."""
    with store.begin() as tx:
        here = tx.partnerships.create(name=world.partnership.name, by=by)
        tx.partnerships.add_version(partnership_id=here, document=to_plain(world.partnership), note="", by=by, based_on=0)
        tx.policies.add_version(partnership_id=here, document=json.loads(world.policy.document), note="", by=by, based_on=0)
        return here
