"""A base that could stand at one school or another: the partnership with it at each of them, without it, and what is proved between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from planner.documents import Json
from planner.errors import InputMustBeMended
from planner.need import World, world_of
from planner.partnership import Base, BaseKind, Consent, DecisionRight, HostCondition, Partnership, Phase, School
from planner.supply import ASSUMED, host_condition, places_now, school_of, smallest_useful_places
from planner.words import least_points, listed, most_points

GAP_POINTS = 0.1
"""How far from the best each plan is searched."""
NOT_FOUND = "No plan was found in its time; ask again, of this place alone."
MOST_HOSTS = 5
"""Schools at which a base is tried at once: each is a plan of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseSought:
    """A base of so many places, and the hosts (URN) to try.

    ``like`` is a base whose phase, needs, costs and funding it has; where that is not open yet it is tried in its place.
    Without one, ``phase``, ``needs`` and ``place_funding_pounds`` say what it is, and the policy what it costs.
    """

    places: int
    hosts: tuple[int, ...]
    like: str = ""
    phase: Phase | None = None
    needs: tuple[str, ...] = ()
    place_funding_pounds: int = 0


def may_be_like(partnership: Partnership) -> tuple[Base, ...]:
    """Bases that another may be like: all that plans decide on."""
    return tuple(base for base in partnership.bases if base.decision_right is not DecisionRight.INFORMATION)


def could_host(partnership: Partnership, phase: Phase) -> tuple[School, ...]:
    """Schools of the phase, by name."""
    fit = (school for school in partnership.schools if school.phase in {phase, Phase.ALL_THROUGH})
    return tuple(sorted(fit, key=lambda school: school.name))


def check_sought(world: World, sought: BaseSought) -> None:
    """Raise ``InputMustBeMended`` where there cannot be such a base, with what would make it possible."""
    p = world.partnership
    base = _pattern(p, sought)
    phase = base.phase
    names = {need.code for need in world.policy.need_types}
    if not set(sought.needs) <= names:
        raise InputMustBeMended(f"A need is unknown; choose of {', '.join(sorted(names))}.")
    if not 1 <= sought.places <= world.policy.bases.most_places:
        raise InputMustBeMended(f"A base has from 1 to {world.policy.bases.most_places} places.")
    least = smallest_useful_places(base, world.policy)
    if world.policy.is_hard("smallest_useful_base") and sought.places < least:
        raise InputMustBeMended(
            f"By the policy no {phase.value} base opens with fewer than {least} places: ask for {least} or more, or have the board change it first."
        )
    if not 1 <= len(set(sought.hosts)) <= MOST_HOSTS:
        raise InputMustBeMended(f"Choose from 1 to {MOST_HOSTS} schools to try it at.")
    schools = {school.urn: school for school in p.schools}
    if strangers := [urn for urn in sought.hosts if urn not in schools]:
        raise InputMustBeMended(f"No school of the plan has the URN {strangers[0]}.")
    fit = {school.urn for school in could_host(p, phase)}
    if wrong := [schools[urn].name for urn in sought.hosts if urn not in fit]:
        raise InputMustBeMended(
            f"{wrong[0]} has no {phase.value} pupils, and the base is {phase.value}: choose other schools, or a base for their phase."
        )


def sought_words(world: World, sought: BaseSought) -> str:
    """The base and where it is tried, in words."""
    base = _pattern(world.partnership, sought)
    where = [school_of(world.partnership, urn).name for urn in sought.hosts]
    places = "place" if sought.places == 1 else "places"
    return f"A {base.phase.value} base with {sought.places} {places} for {listed(base.needs)}, at {listed(where, last='or')}"


def without_it(world: World, sought: BaseSought) -> World:
    """The world without the base, and without the one in whose place it is tried."""
    return world_of(replace(world.partnership, bases=_others(world.partnership, sought)), world.policy)


def with_it_at(world: World, sought: BaseSought, urn: int) -> World:
    """The world in which this school hosts the base and agrees to it, and to no other base that it has not agreed to.

    Where it has not agreed to this one either, its condition says that this is assumed.
    """
    p, base = world.partnership, base_at(world, sought, urn)
    here = host_condition(p, urn)
    others = _others(p, sought)
    if here.consent is not Consent.YES:
        others = tuple(_as_now(one) if one.host_urn == urn else one for one in others if one.is_open or one.host_urn != urn)
    least = base.sizes[0] + sum(places_now(one) for one in others if one.host_urn == urn)
    most = None if here.most_places is None else max(here.most_places, least)
    is_agreed = here.consent is Consent.YES and most == here.most_places
    condition = here.condition if is_agreed else f"{ASSUMED}. {agreement(world, sought, urn)}"
    agreed = HostCondition(urn=urn, consent=Consent.YES, most_places=most, condition=condition)
    conditions = (*(one for one in p.host_conditions if one.urn != urn), agreed)
    return world_of(replace(p, bases=(*others, base), host_conditions=conditions), world.policy)


def base_at(world: World, sought: BaseSought, urn: int) -> Base:
    """The base as it would be at a school; at its own host one that may open keeps its name."""
    p = world.partnership
    pattern = _pattern(p, sought)
    if not pattern.is_open and pattern.host_urn == urn:
        return replace(pattern, sizes=(sought.places,))
    return replace(
        pattern,
        base_id=_new_id(p),
        name=f"A base for {listed(pattern.needs)} at {school_of(p, urn).name}",
        host_urn=urn,
        is_open=False,
        places_now=0,
        pupils_now=0,
        sizes=(sought.places,),
        may_close=False,
    )


def agreement(world: World, sought: BaseSought, urn: int) -> str:
    """What its host must agree to, as one sentence."""
    p = world.partnership
    host, here = school_of(p, urn).name, host_condition(p, urn)
    others = sum(places_now(one) for one in _others(p, sought) if one.host_urn == urn)
    condition = f' It says: "{here.condition}".' if here.condition else ""
    if here.consent is Consent.NO:
        return f"{host} has said no: the plan can be only if it changes its mind.{condition}"
    if here.most_places is not None and here.most_places < sought.places + others:
        return f"{host} agrees to at most {here.most_places} places: it must agree to {sought.places + others}.{condition}"
    if here.consent is Consent.YES:
        return f"{host} agrees to host.{condition}"
    return f"{host} has not been asked: it must agree.{condition}"


def _pattern(p: Partnership, sought: BaseSought) -> Base:
    """The base that it is like, or one as described."""
    if sought.like:
        found = next((base for base in may_be_like(p) if base.base_id == sought.like), None)
        if found is None:
            raise InputMustBeMended(f"The plan has no base {sought.like}; choose one of {', '.join(b.base_id for b in may_be_like(p))}.")
        return found
    if sought.phase is None or not sought.needs:
        raise InputMustBeMended("Say which phase and which needs the base is for, or which base it is like.")
    return Base(
        base_id=_new_id(p), name="", host_urn=0, phase=sought.phase, needs=sought.needs, kind=BaseKind.SUPPORT, is_open=False, places_now=0,
        pupils_now=0, sizes=(sought.places,), place_funding_pounds=sought.place_funding_pounds, decision_right=DecisionRight.OURS,
    )  # fmt: skip


def _others(p: Partnership, sought: BaseSought) -> tuple[Base, ...]:
    return tuple(base for base in p.bases if base.is_open or base.base_id != sought.like)


def _as_now(base: Base) -> Base:
    """An open base that may not grow."""
    return replace(base, sizes=tuple(size for size in base.sizes if size <= places_now(base)))


def _new_id(p: Partnership) -> str:
    taken = {base.base_id for base in p.bases}
    return next(name for n in range(1, len(taken) + 2) if (name := "base_tried" if n == 1 else f"base_tried_{n}") not in taken)


# --- what is proved between them -------------------------------------------------------------

SHOWN_POINTS = 0.01
"""Less than this two plans are not said to differ."""


def host_claims(plans: Sequence[Json]) -> tuple[str, ...]:
    """What the plans with a base at each host prove of one another, as sentences; the first is that without it."""
    without, at_hosts = plans[0], [one for one in plans[1:] if not one["why_not"]]
    lines = [_no_plan(one) for one in plans if one["why_not"]]
    if not without["why_not"]:
        lines += [_beside_without(without, one) for one in at_hosts]
    among = "places for which a plan was found" if any(one["why_not"] == NOT_FOUND for one in plans[1:]) else "places tried"
    return (*lines, *_between(at_hosts, among))


def _no_plan(one: Json) -> str:
    where = f"With the base at {one['host']}" if one["host"] else "Without the base"
    why = f"{one['why_not'][:1].lower()}{one['why_not'][1:]}"
    return f"{where} {why}" if one["why_not"] == NOT_FOUND else f"{where} there is no plan: {why}"


def _beside_without(without: Json, one: Json) -> str:
    if not one["opens_with"] and not one["is_finished"]:
        return f"At {one['host']} the search was stopped before a better plan was found that opens it."
    if not one["opens_with"]:
        return f"At {one['host']} the plan found does not open it: a plan without it is as good, to {GAP_POINTS} points."
    less = without["bound_points"] - one["shortfall_points"]
    if less < SHOWN_POINTS:
        return f"At {one['host']} no difference from going without it can be shown."
    return f"At {one['host']} it leaves at least {least_points(less)} points less need below the line than any plan without it."


def _between(at_hosts: Sequence[Json], among: str) -> tuple[str, ...]:
    """Where it does most, as far as that can be shown."""
    if len(at_hosts) < 2 or not any(one["opens_with"] for one in at_hosts):
        return ()
    least = min(one["shortfall_points"] for one in at_hosts)
    open_ = [one for one in at_hosts if one["bound_points"] < least + SHOWN_POINTS]
    names = [one["host"] for one in open_]
    if len(open_) == 1:
        others = min(one["bound_points"] for one in at_hosts if one is not open_[0])
        return (
            f"Of the {among} it does most at {names[0]}: there is a plan with {most_points(least)} points, and none elsewhere below {least_points(others)}.",
        )
    return (f"Between {listed(names)} no difference can be shown.",)
