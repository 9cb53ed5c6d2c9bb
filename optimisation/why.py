"""Why a school gets what it gets, why not something else, and what it would take.

Every sentence is an answer of trials of the same world: a rule let go, something asked for, money
or time added. A search ends within a gap, so what is said of the best is an interval
(``Price``), and what lies inside both gaps is said to make no difference that can be shown.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil

from optimisation.baselines import formula_amounts
from optimisation.levers import Lever, levers_of
from optimisation.sandbox import Sandbox
from optimisation.trial import Aim, Changeable, Condition, Trial, Tried, changeable
from optimisation.wishes import amount_wish, standard_wish
from planner.audit import leading_points
from planner.errors import InputMustBeMended
from planner.need import ADULT_HOURS, PLACE, WHOLE, Cell, World
from planner.offers import dearest_pounds, is_paid
from planner.partnership import GRANT_ITEM, Fund, FundUse, Service
from planner.plan import Amounts, Plan
from planner.reasons import half_days
from planner.supply import available_pounds, pays, school_of, service_supply

GAP_POINTS = 0.02
"""At the school's scale a point is much; searches for the shortfall alone close this far at the root."""
NOTICEABLE_POINTS = 0.01
"""Less than this beyond both gaps is not worth a sentence."""
SAME_POINTS = 1e-3
SAME_MILLIONTHS = 100
"""Within these, shortfall and need met are the same but for the solver's tolerance."""
ANY_PLAN_GAP = 100.0
NEAR_GAP = 0.5
MONEY_STEP_POUNDS = 1000
MOST_STEPS = 20
"""How far (3) looks: £20,000 in steps of £1,000, or 20 half-days."""
NEAR_SECONDS = 3.0
KEPT = ", with bases, zones' time and other schools' choice of services as they are"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a school asks for: an amount of an item (pounds of grant or half-days), or a standard met to a percent."""

    urn: int
    item: str = ""
    amount: int = 0
    standard_id: str = ""
    percent: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """By how many points the least shortfall moves: at least and at most, as the searches' gaps leave it."""

    least: float
    most: float

    @property
    def is_shown(self) -> bool:
        """Whether it is more than nothing beyond both gaps."""
        return self.least >= NOTICEABLE_POINTS

    def words(self) -> str:
        """The interval for a person, rounded outwards."""
        least, most = f"{int(self.least * 100) / 100:.2f}", f"{ceil(self.most * 100 - 1e-9) / 100:.2f}"
        return f"{least} points" if least == most else f"between {least} and {most} points"


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One item of the school: by a formula on need alone, in the plan, and last year (None: not known). Pounds or half-days."""

    name: str
    unit: str
    formula: int
    plan: int
    last_year: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One amount that differs between two plans: whose, of what, in pounds, half-days or places."""

    whose: str
    urns: tuple[int, ...]
    what: str
    unit: str
    before: int
    after: int

    def sentence(self) -> str:
        """One line for a person."""
        by = abs(self.after - self.before)
        amount = (
            f"£{by:,}"
            if self.unit == "pounds"
            else half_days(by)
            if self.unit == "half-days"
            else f"{by} {'place' if by == 1 else 'places'}"
        )
        word = "more" if self.after > self.before else "less" if self.unit == "pounds" else "fewer"
        shown = (f"£{self.before:,}", f"£{self.after:,}") if self.unit == "pounds" else (f"{self.before:,}", f"{self.after:,}")
        return f"{self.whose}: {amount} {word} of {self.what} ({shown[0]}, then {shown[1]})"


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardChange:
    """One standard of the school or its zone that differs between two plans, in percent of need met."""

    name: str
    before_percent: int
    after_percent: int

    def sentence(self) -> str:
        """One line for a person."""
        return f"{self.name}: {self.before_percent} percent met, then {self.after_percent}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleEffect:
    """What a rule does: by how much letting it go could lower the shortfall, and what would change in the nearest plan that uses it."""

    lever: Lever
    worth: Price
    for_school: tuple[Change, ...]
    for_standards: tuple[StandardChange, ...]
    others: int
    sentences: tuple[str, ...]
    tried: tuple[Tried, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One change that gives what was asked for with no more shortfall than the plan has, and who can grant it.

    ``not_enough`` is the largest amount proved too little, ``amount`` the least found to do; 0 for a rule let go.
    """

    words: str
    amount: int
    not_enough: int
    unit: str
    granted_by: str
    sentence: str
    tried: tuple[Tried, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyNot:
    """What asking for something would cost, who would have less in the nearest plan that gives it, and what stands in the way.

    ``ending`` is one of costs, no difference, impossible, has it.
    """

    asked: str
    ending: str
    price: Price | None
    changes: tuple[Change, ...]
    standards: tuple[StandardChange, ...]
    in_the_way: tuple[Lever, ...]
    sentences: tuple[str, ...]
    tried: tuple[Tried, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """The whole answer for a school; ``quiet`` are the rules that make no difference that these searches can show."""

    school: str
    urn: int
    plan_points: float
    best: Price
    shares: tuple[Share, ...]
    effects: tuple[RuleEffect, ...]
    quiet: tuple[str, ...]
    quiet_tried: tuple[Tried, ...]
    why_not: WhyNot | None
    ways: tuple[Way, ...]
    ways_sentences: tuple[str, ...]


def explain(sandbox: Sandbox, plan: Plan, urn: int, wish: Wish | None = None, *, tell: Callable[[str], None] = lambda _: None) -> Why:
    """Why a school has what it has in a plan of the sandbox's world, and what a wish (or its furthest standard) would take.

    Raises ``InputMustBeMended`` for a school, item or standard that is not there.
    """
    world = sandbox.world
    if urn not in {s.urn for s in world.partnership.schools}:
        raise InputMustBeMended(f"No member school has the URN {urn}.")
    wish = wish or furthest_standard(world, plan.amounts, urn)
    condition = None if wish is None else _condition(world, wish)
    asking = _Asking(sandbox, plan, urn, tell)
    effects, quiet, quiet_tried = _effects(asking)
    why_not: WhyNot | None = None
    ways: tuple[Way, ...] = ()
    ways_sentences: tuple[str, ...] = ()
    if wish is not None and condition is not None:
        asking.wants_zone = bool(wish.standard_id) and _cell(world, wish).recipient == asking.zone
        why_not = _why_not(asking, wish, condition)
        ways, ways_sentences = _ways(asking, wish, condition, why_not, effects)
    return Why(
        school=asking.name, urn=urn, plan_points=asking.plan_points, best=asking.best, shares=_shares(world, plan.amounts, urn),
        effects=effects, quiet=quiet, quiet_tried=quiet_tried, why_not=why_not, ways=ways, ways_sentences=ways_sentences,
    )  # fmt: skip


def furthest_standard(world: World, amounts: Amounts, urn: int) -> Wish | None:
    """The school's standard within reach that is furthest from full by weight: to the board's line, or full once it is there."""
    line = int(world.policy.board.line_percent)
    reached = [(c, _percent(amounts, c.cell_id)) for c in world.picture.cells if c.recipient == str(urn) and not c.out_of_reach]
    short = [(c, percent) for c, percent in reached if percent < 100]
    if not short:
        return None
    cell, percent = max(short, key=lambda pair: pair[0].weight * (WHOLE - amounts.need_met.get(pair[0].cell_id, 0)))
    return Wish(urn=urn, standard_id=cell.standard_id, percent=line if percent < line else 100)


# --- asking ------------------------------------------------------------------------------


class _Asking:
    """The plan that questions are about, and what is known of the best under today's rules."""

    def __init__(self, sandbox: Sandbox, plan: Plan, urn: int, tell: Callable[[str], None]) -> None:
        self.sandbox, self.plan, self.urn = sandbox, plan, urn
        self.world = sandbox.world
        self.name = school_of(self.world.partnership, urn).name
        self.own_blocks = {f"{urn}, {s.service_id}, at least" for s in self.world.partnership.services}
        self.zone = self.world.picture.zone_of(urn).zone_id
        self.wants_zone = False
        self._before = sandbox.log_of_world()
        self.levers = levers_of(self.world, urn)
        self._tell = tell
        self.plan_points = float(leading_points(self.world, plan.amounts))
        self.today = self.least(f"{self.name}: the rules as they are")
        self.best = Price(
            least=max(self.today.bound, plan.bound_points, 0.0), most=max(min(self.today.value, self.plan_points), plan.bound_points)
        )
        self._control: Tried | None = None

    def ask(self, trial: Trial) -> Tried:
        """One trial's answer; what was asked of this world before, for another school perhaps, is not solved again."""
        for tried in self._before:
            if replace(tried.trial, words=trial.words) == trial:
                return tried
        self._tell(trial.words)
        tried = self.sandbox.ask(trial)
        self._before.append(tried)
        return tried

    def least(
        self, words: str, *, conditions: tuple[Condition, ...] = (), without: Collection[Lever] = (),
        more: tuple[tuple[str, str, float], ...] = (), gap: float = GAP_POINTS,
    ) -> Tried:  # fmt: skip
        """The least shortfall with something asked for, let go or added."""
        return self.ask(Trial(words=words, conditions=conditions, without=_places(without), more=more, gap=gap))

    def least_with_others_kept(self, words: str, *, conditions: tuple[Condition, ...], more: tuple[tuple[str, str, float], ...]) -> Tried:
        """The same with bases and other schools' choice of services kept: quick, and never better than the least."""
        return self.ask(Trial(words=words, conditions=conditions, more=more, near=self.plan.amounts, kept=self._kept(), gap=GAP_POINTS))

    def nearest(
        self,
        words: str,
        *,
        conditions: tuple[Condition, ...] = (),
        without: Collection[Lever] = (),
        most_points: float | None = None,
        keeps_own: bool = False,
    ) -> Tried:
        """The nearest plan, perhaps with no more shortfall than this; a point of it counts as a hundredth of all there is to share.

        Bases and other schools' choice of services are kept where that leaves a plan.
        """
        trial = Trial(
            words=words, aim=Aim.DISTANCE, conditions=conditions, without=_places(without), near=self.plan.amounts,
            kept=self._kept(keeps_own=keeps_own), shortfall_weight=thousands_a_point(self.world), most_shortfall_points=most_points, gap=NEAR_GAP, seconds=NEAR_SECONDS,
        )  # fmt: skip
        tried = self.ask(trial)
        return tried if tried.is_possible else self.ask(replace(trial, kept=()))

    def control(self) -> Tried:
        """The nearest plan when nothing is changed: what it changes already is the plan's own slack and no rule's doing."""
        if self._control is None:
            self._control = self.nearest(f"{self.name}: the nearest plan with the rules as they are")
        return self._control

    def _kept(self, *, keeps_own: bool = False) -> tuple[str | tuple[str, Hashable], ...]:
        """Bases, other schools' choice of services, and all that other zones have; places too unless the wish is for one."""
        p, policy = self.world.partnership, self.world.policy
        schools = [str(s.urn) for s in p.schools if keeps_own or s.urn != self.urn]
        zones = [z.zone_id for z in self.world.picture.zones if keeps_own or not (self.wants_zone and z.zone_id == self.zone)]
        blocks = [
            ("has_block", (recipient, s.service_id))
            for recipient in (*schools, *zones)
            for s in p.services
            if policy.is_on("smallest_block")
        ]
        times = [("sessions", (zone, s.service_id)) for zone in zones for s in p.services]
        return ("base_size", *(() if self.wants_zone and not keeps_own else ("places",)), *blocks, *times)

    def gain(self, tried: Tried) -> Price:
        """By how much the best could fall with something let go."""
        return Price(least=max(self.best.least - tried.value, 0.0), most=max(self.best.most - tried.bound, 0.0))

    def cost(self, tried: Tried) -> Price:
        """By how much the best would rise with something asked for."""
        return Price(least=max(tried.bound - self.best.most, 0.0), most=max(tried.value - self.best.least, 0.0))

    def is_enough(self, tried: Tried) -> bool:
        """Whether a plan was found with no more shortfall than this one (to a thousandth of a point)."""
        return tried.value <= self.plan_points + SAME_POINTS

    def is_too_little(self, tried: Tried) -> bool:
        """Whether it is proved that every plan has more shortfall than this one, or that there is none."""
        return tried.status == "impossible" or tried.bound > self.plan_points + SAME_POINTS


def _places(levers: Collection[Lever]) -> tuple[tuple[str, str | None], ...]:
    return tuple(place for lever in levers for place in lever.places)


def thousands_a_point(world: World) -> float:
    """A hundredth of all money and time there is to share, in thousands of pounds."""
    pounds = sum(sum(available_pounds(f)) for f in world.partnership.funds)
    for service in world.partnership.services:
        value = dearest_pounds(world.partnership, service) or world.policy.role(service.role).value_pounds_per_session
        pounds += service_supply(world.partnership, world.policy, service).shareable_sessions * value
    return max(pounds / 100 / 1000, 1.0)


def _condition(world: World, wish: Wish) -> Condition:
    if wish.standard_id:
        return standard_wish(world, _cell(world, wish).cell_id, percent=wish.percent)
    if wish.item != GRANT_ITEM:
        service = next((s for s in world.partnership.services if s.service_id == wish.item), None)
        if service is None:
            known = ", ".join((GRANT_ITEM, *(s.service_id for s in world.partnership.services)))
            raise InputMustBeMended(f"There is no item {wish.item!r}; the items are {known}.")
        if world.policy.role(service.role).serves == "zone":
            raise InputMustBeMended(f"{service.name} serves zones, not single schools; ask for a standard that it serves instead.")
    return amount_wish(world, wish.urn, wish.item, at_least=wish.amount)


def _cell(world: World, wish: Wish) -> Cell:
    """The school's cell of a standard, or its zone's."""
    recipients = {str(wish.urn), world.picture.zone_of(wish.urn).zone_id}
    found = [c for c in world.picture.cells if c.standard_id == wish.standard_id and c.recipient in recipients]
    if not found:
        known = ", ".join(sorted({c.standard_id for c in world.picture.cells if c.recipient in recipients}))
        raise InputMustBeMended(f"The school has no standard {wish.standard_id!r} to meet; its standards are {known}.")
    return found[0]


# --- what the school has, and what rules do to it --------------------------------------------


def _shares(world: World, amounts: Amounts, urn: int) -> tuple[Share, ...]:
    formula, zone = formula_amounts(world), world.picture.zone_of(urn).zone_id
    last = {row.item: row.amount for row in world.partnership.last_year if row.urn == urn}
    shares = [
        Share(
            name="grant", unit="pounds", formula=_granted(formula, urn), plan=_granted(amounts, urn),
            last_year=last.get(GRANT_ITEM, 0) if last else None,
        )
    ]  # fmt: skip
    for service in world.partnership.services:
        is_zone = world.policy.role(service.role).serves == "zone"
        key = (zone if is_zone else str(urn), service.service_id)
        by_formula, planned = (given.sessions.get(key, 0) for given in (formula, amounts))
        before = None if is_zone or not last else last.get(service.service_id, 0)
        if by_formula or planned or before:
            name = f"{service.name}{f', shared in {zone}' if is_zone else ''}"
            shares.append(Share(name=name, unit="half-days", formula=by_formula, plan=planned, last_year=before))
    return tuple(shares)


def _granted(amounts: Amounts, urn: int) -> int:
    return sum(pounds for (school, _), pounds in amounts.grants.items() if school == urn)


def _effects(asking: _Asking) -> tuple[tuple[RuleEffect, ...], tuple[str, ...], tuple[Tried, ...]]:
    """Rules ranked by what they are worth. Rules are let go together first: what makes no difference together makes none alone."""
    shown: list[tuple[Lever, Price, Tried]] = []
    quiet: list[Tried] = []

    def search(levers: tuple[Lever, ...]) -> None:
        if not levers:
            return
        tried = asking.least(f"{asking.name}: without {_listed([lever.words for lever in levers])}", without=levers)
        worth = asking.gain(tried)
        if not worth.is_shown:
            quiet.append(tried)
        elif len(levers) == 1:
            shown.append((levers[0], worth, tried))
        else:
            search(levers[: len(levers) // 2])
            search(levers[len(levers) // 2 :])

    board = tuple(lever for lever in asking.levers if lever.is_everywhere and lever.rule_id != "vacancy_held_back")
    alone = [lever for lever in asking.levers if lever.rule_id == "vacancy_held_back" or lever.places[0][1] in asking.own_blocks]
    search(board)
    for lever in alone:
        search((lever,))
    seen = {lever.words for lever, _, _ in shown}
    quiet_places = {place for lever in board if lever.words not in seen for place in lever.places}  # quiet everywhere, so quiet here
    search(
        tuple(
            lever
            for lever in asking.levers
            if lever not in (*alone, *board) and (lever.rule_id, None) not in quiet_places and not quiet_places.issuperset(lever.places)
        )
    )
    effects = [_effect(asking, lever, worth, tried) for lever, worth, tried in shown]
    matter = {effect.lever.words for effect in effects}
    names = tuple(lever.words for lever in asking.levers if lever.words not in matter)
    return tuple(sorted(effects, key=lambda effect: -effect.worth.least)), names, (asking.today, *quiet)


def _effect(asking: _Asking, lever: Lever, worth: Price, tried: Tried) -> RuleEffect:
    """What a rule is worth, and what the nearest plan without it changes that the nearest plan with it does not."""
    halfway = (tried.value + asking.best.least) / 2
    near = asking.nearest(
        f"{asking.name}: the nearest plan without {lever.words}", without=(lever,), most_points=halfway, keeps_own=lever.is_everywhere
    )
    behind = [asking.today, tried, near]
    first = f"Without {lever.words} the shortfall of the whole partnership could be lower by {worth.words()}; the {lever.relaxed_by} may relax it."
    if near.amounts is None:
        return RuleEffect(
            lever=lever, worth=worth, for_school=(), for_standards=(), others=0, sentences=(first,), tried=tuple(behind)
        )  # fmt: skip
    before = asking.plan.amounts
    if any(asking.urn in c.urns for c in changes_between(asking.world, before, near.amounts)):
        control = asking.control()
        behind.append(control)
        before = control.amounts or before
    changes = changes_between(asking.world, before, near.amounts)
    mine = tuple(c for c in changes if asking.urn in c.urns)
    standards = _standard_changes(asking, before, near.amounts)
    found = "" if near.status == "optimal" else ", as far as the search came"
    where = f"In the nearest plan that has half of this or more{KEPT if near.trial.kept else ''}{found}"
    if mine:
        second = f"{where}, {_listed([c.sentence() for c in mine])}."
    elif standards:
        second = f"{where}, {asking.name} has the same amounts, and its standards change: {_listed([s.sentence() for s in standards])}."
    else:
        second = f"{where}, nothing changes for {asking.name}."
    return RuleEffect(
        lever=lever, worth=worth, for_school=mine, for_standards=standards,
        others=len({urn for c in changes for urn in c.urns} - {asking.urn}), sentences=(first, second), tried=tuple(behind),
    )  # fmt: skip


# --- why not ------------------------------------------------------------------------------


def _why_not(asking: _Asking, wish: Wish, condition: Condition) -> WhyNot:
    base = WhyNot(
        asked=condition.words, ending="", price=None, changes=(), standards=(), in_the_way=(), sentences=(), tried=()
    )  # fmt: skip
    if _has_it(asking, wish):
        return replace(base, ending="has it", sentences=(f"The plan gives this already: {condition.words}.",))
    if wish.standard_id and _cell(asking.world, wish).out_of_reach:
        return replace(
            base,
            ending="impossible",
            sentences=(f"No plan can give {condition.words}: it is out of reach. {_cell(asking.world, wish).out_of_reach}",),
        )
    priced = asking.least(condition.words, conditions=(condition,))
    if priced.status == "impossible":
        return _impossible(asking, wish, condition, base, priced)
    if not priced.is_possible:
        return replace(
            base,
            ending="not found",
            sentences=(f"No plan with {condition.words} was found in the time given, nor proved impossible.",),
            tried=(priced,),
        )
    near = asking.nearest(f"the nearest plan with {condition.words}", conditions=(condition,))
    price = asking.cost(priced)
    first = (
        f"With {condition.words}, the shortfall of the whole partnership would rise by {price.words()}."
        if price.is_shown
        else f"{condition.words[0].upper()}{condition.words[1:]} makes no difference to the partnership's shortfall that these searches can show (at most {ceil(price.most * 100) / 100:.2f} points)."
    )
    if near.amounts is None:
        return replace(
            base,
            ending="costs" if price.is_shown else "no difference",
            price=price,
            sentences=(first, "No plan near by was found in the time given."),
            tried=(asking.today, priced, near),
        )
    changes = changes_between(asking.world, asking.plan.amounts, near.amounts)
    standards = _standard_changes(asking, asking.plan.amounts, near.amounts)
    return replace(
        base, ending="costs" if price.is_shown else "no difference", price=price, changes=changes, standards=standards,
        sentences=(first, *_near_sentences(asking, near, changes, standards)), tried=(asking.today, priced, near),
    )  # fmt: skip


def _near_sentences(asking: _Asking, near: Tried, changes: tuple[Change, ...], standards: tuple[StandardChange, ...]) -> tuple[str, ...]:
    assert near.amounts is not None
    points = near.shortfall_points - asking.plan_points
    said = (
        f"{abs(points):.2f} points {'more' if points > 0 else 'less'} shortfall than this plan"
        if abs(points) >= 0.005
        else "the same shortfall as this plan"
    )
    which = f"The nearest plan that gives it{KEPT if near.trial.kept else ''}{'' if near.status == 'optimal' else ', as far as the search came'},"
    less = [c for c in changes if c.after < c.before]
    more = [c for c in changes if c.after > c.before]
    lines = [f"{which} has {said}."]
    if less:
        lines.append(f"Who would have less: {_listed([c.sentence() for c in less])}.")
    if more:
        lines.append(f"Who would have more: {_listed([c.sentence() for c in more])}.")
    if not changes:
        lines.append(f"Nobody's amounts change: {asking.name} would use what it has in another way.")
    if standards:
        lines.append(f"Standards of {asking.name} and its zone that change: {_listed([s.sentence() for s in standards])}.")
    return tuple(lines)


class _NotFoundOut(Exception):
    """A search ended with neither a plan nor the proof that there is none."""


def _impossible(asking: _Asking, wish: Wish, condition: Condition, base: WhyNot, priced: Tried) -> WhyNot:
    """No plan gives it: which rules stand in the way, where the searches find that out."""
    tried = [priced]
    try:
        return _in_the_way(asking, wish, condition, base, tried)
    except _NotFoundOut:
        sentence = (
            f"No plan that keeps every rule can give {condition.words}. Which rule stands in the way was not found out in the time given."
        )
        return replace(base, ending="impossible", sentences=(sentence,), tried=tuple(tried))


def _in_the_way(asking: _Asking, wish: Wish, condition: Condition, base: WhyNot, tried: list[Tried]) -> WhyNot:
    """Which rules stand in the way: each let go alone, then all and as few as can be."""

    def frees(levers: tuple[Lever, ...]) -> bool:
        one = asking.least(
            f"{condition.words}, without {_listed([lever.words for lever in levers])}",
            conditions=(condition,),
            without=levers,
            gap=ANY_PLAN_GAP,
        )
        tried.append(one)
        if not one.is_possible and one.status != "impossible":
            raise _NotFoundOut
        return one.is_possible

    of_no_use = _most_useful_words(asking, wish)
    if of_no_use or not frees(asking.levers):
        why = of_no_use or "what stands in the way is law or arithmetic, which nobody may relax."
        return replace(base, ending="impossible", sentences=(f"No plan can give {condition.words}: {why}",), tried=tuple(tried))
    alone = tuple(lever for lever in asking.levers if frees((lever,)))
    here = {lever.rule_id for lever in alone if not lever.is_everywhere}
    alone = tuple(lever for lever in alone if not (lever.is_everywhere and lever.rule_id in here))
    in_the_way = alone or _as_few_as_can_be(asking.levers, frees)
    how = "any one of these were let go" if len(alone) > 1 else "this were let go" if len(in_the_way) == 1 else "all of these were let go"
    named = _listed([f"{lever.words} (the {lever.relaxed_by} may relax it)" for lever in in_the_way])
    return replace(
        base, ending="impossible", in_the_way=in_the_way, tried=tuple(tried),
        sentences=(f"No plan that keeps every rule can give {condition.words}. It would be possible if {how}: {named}.",),
    )  # fmt: skip


def _as_few_as_can_be(levers: tuple[Lever, ...], frees: Callable[[tuple[Lever, ...]], bool]) -> tuple[Lever, ...]:
    kept = levers
    for lever in levers:
        fewer = tuple(other for other in kept if other is not lever)
        if fewer and frees(fewer):
            kept = fewer
    return kept


def _most_useful_words(asking: _Asking, wish: Wish) -> str:
    """Why more of an item than this is in no plan, '' if that is not the reason."""
    if not wish.item:
        return ""
    world, recipient = asking.world, str(asking.urn)
    if wish.item == GRANT_ITEM:
        hours = sum(c.requirement(ADULT_HOURS) for c in world.picture.cells if c.recipient == recipient)
        useful = ceil(Fraction(hours * world.policy.pounds_per_adult_hour, 100))
        return f"all its needs would use £{useful:,} of grant, and more would meet none." if wish.amount > useful + 120 else ""
    service = _service(world, wish.item)
    supply = service_supply(world.partnership, world.policy, service)
    wanted = ceil(
        Fraction(sum(c.requirement(service.role) for c in world.picture.cells if c.recipient == recipient and not c.out_of_reach), 100)
    )
    if wish.amount > supply.after_statutory_sessions:
        return f"{service.name} has {half_days(supply.after_statutory_sessions)} after statutory work."
    if wish.amount > max(wanted, supply.minimum_block_sessions):
        return f"all its needs for the role come to {half_days(wanted)}, and more would meet none."
    return ""


def _has_it(asking: _Asking, wish: Wish) -> bool:
    amounts = asking.plan.amounts
    if wish.standard_id:
        return (amounts.need_met.get(_cell(asking.world, wish).cell_id, 0) + SAME_MILLIONTHS) * 100 >= wish.percent * WHOLE
    return (_granted(amounts, wish.urn) if wish.item == GRANT_ITEM else amounts.sessions.get((str(wish.urn), wish.item), 0)) >= wish.amount


# --- what would it take ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Resource:
    """Something that could be added in steps, the limits that a step moves, and who can grant it."""

    words: Callable[[int], str]
    step: int
    unit: str
    granted_by: str
    limits: Callable[[int], tuple[tuple[str, str, float], ...]]
    may_prove: bool
    """Whether the limits are all that holds it: else what is found is there, but nothing is proved too little."""


def _ways(
    asking: _Asking, wish: Wish, condition: Condition, why_not: WhyNot, effects: tuple[RuleEffect, ...]
) -> tuple[tuple[Way, ...], tuple[str, ...]]:
    if why_not.ending in {"has it", "not found"} or (why_not.ending == "impossible" and not why_not.in_the_way):
        return (), ()
    priced = next((t for t in why_not.tried if t.trial.words == condition.words), None)
    if priced is not None and asking.is_enough(priced):
        return (), (f"Nothing more is needed: a plan with {condition.words} has no more shortfall than this one.",)
    ways: list[Way] = []
    missed: list[str] = []
    if why_not.ending != "impossible":
        for resource in _resources(asking.world, wish):
            way, words = _least_of(asking, condition, resource)
            ways += [way] if way else []
            missed += [] if way else [words]
    levers = why_not.in_the_way or tuple(e.lever for e in effects) + tuple(
        lever
        for lever in asking.levers
        if lever.rule_id == "head_rule" and not lever.is_everywhere and lever not in {e.lever for e in effects}
    )
    for lever in levers:
        tried = asking.least(f"{condition.words}, without {lever.words}", conditions=(condition,), without=(lever,))
        if asking.is_enough(tried):
            sentence = f"Without {lever.words}, a plan gives {condition.words} with no more shortfall than this one; the {lever.relaxed_by} may relax it."
            ways.append(
                Way(words=lever.words, amount=0, not_enough=0, unit="rule", granted_by=lever.relaxed_by, sentence=sentence, tried=(tried,))
            )
    sentences = tuple(way.sentence for way in ways) + tuple(missed)
    return tuple(ways), sentences or (f"No single change that was tried gives {condition.words} with no more shortfall than this plan.",)


def _least_of(asking: _Asking, condition: Condition, resource: _Resource) -> tuple[Way | None, str]:
    """The least steps of a resource that are enough: found quickly with others kept, then proved or lowered by whole searches."""
    tried: list[Tried] = []

    def attempt(steps: int, *, is_quick: bool) -> Tried:
        words = f"{condition.words}, with {resource.words(steps)}"
        ask = asking.least_with_others_kept if is_quick else asking.least
        one = ask(words, conditions=(condition,), more=resource.limits(steps))
        tried.append(one)
        return one

    whole = attempt(MOST_STEPS, is_quick=False)
    if not asking.is_enough(whole):
        most = resource.words(MOST_STEPS)
        if resource.may_prove and asking.is_too_little(whole):
            return None, f"Not even {most} would give it with no more shortfall than this plan."
        return None, f"With {most} no plan that gives it with no more shortfall than this one was found, nor proved impossible."
    low, high = 0, MOST_STEPS
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if asking.is_enough(attempt(middle, is_quick=True)) else (middle, high)
    proved, at = 0, high - 1
    while at > proved:  # whole searches, from just below what was found
        one = attempt(at, is_quick=False)
        if asking.is_enough(one):
            high, at = at, (proved + at) // 2
        else:
            proved = at if resource.may_prove and asking.is_too_little(one) else proved
            break
    low = proved
    proof = f"; {resource.words(low)} is proved too little" if low else ""
    sentence = f"{resource.words(high)[0].upper()}{resource.words(high)[1:]} would give it with no more shortfall than this plan{proof}; {resource.granted_by} can grant it."
    return Way(
        words=resource.words(high), amount=high * resource.step, not_enough=low * resource.step, unit=resource.unit, granted_by=resource.granted_by,
        sentence=sentence, tried=tuple(tried),
    ), ""  # fmt: skip


def _resources(world: World, wish: Wish) -> list[_Resource]:
    """Time of the services that the wish needs, and money that may pay for it."""
    if wish.standard_id:
        cell = _cell(world, wish)
        roles = {role for role, _ in cell.requirements}
        services = [s for s in world.partnership.services if s.role in roles]
        use = FundUse.GRANTS if ADULT_HOURS in roles else FundUse.BASE_RUNNING if PLACE in roles else FundUse.SPECIALIST_TIME
    else:
        services = [s for s in world.partnership.services if s.service_id == wish.item]
        use = FundUse.GRANTS if wish.item == GRANT_ITEM else FundUse.SPECIALIST_TIME
    services = [s for s in services if service_supply(world.partnership, world.policy, s).shareable_sessions]
    funds = [f for f in world.partnership.funds if pays(f, use)]
    costs = use is not FundUse.SPECIALIST_TIME or any(is_paid(world.partnership, s) for s in services)
    money = [_money(world, max(funds, key=lambda f: sum(available_pounds(f))))] if funds and costs else []
    return [_time(world, service) for service in services] + money


def is_held_elsewhere(world: World, service: Service) -> bool:
    """Whether more than the service's own limits holds somebody below what they could use of it: then only a world with more shows what more gives."""
    after = service_supply(world.partnership, world.policy, service).after_statutory_sessions
    required: dict[str, int] = {}
    for cell in world.picture.cells:
        required[cell.recipient] = required.get(cell.recipient, 0) + cell.requirement(service.role)
        if cell.out_of_reach and cell.requirement(service.role):
            return True
    return any(ceil(Fraction(hundredths, 100)) > after for hundredths in required.values())


def _time(world: World, service: Service) -> _Resource:
    by = service.request_to or service.employer or "the service"
    return _Resource(
        words=lambda n: f"{half_days(n)} more of {service.name}",
        step=1, unit="half-days", granted_by=by, may_prove=not is_held_elsewhere(world, service),
        limits=lambda n: (("vacancy_held_back", service.service_id, float(n)), ("statutory_first", service.service_id, float(n))),
    )  # fmt: skip


def _money(world: World, fund: Fund) -> _Resource:
    """More money in a fund on top of what it holds, in both years as the year's months fall; no contingency is taken off it."""
    share = Fraction(world.policy.board.september_to_march_months, 12)
    first, second = available_pounds(fund)
    share = Fraction(1) if first and not second else Fraction(0) if second and not first else share
    return _Resource(
        words=lambda n: f"£{n * MONEY_STEP_POUNDS:,} more in {fund.name}",
        step=MONEY_STEP_POUNDS, unit="pounds", granted_by=fund.request_to or "the board, or whoever else pays in,", may_prove=False,
        limits=lambda n: tuple(
            ("fund_balance", f"{fund.fund_id}, year {year}", float(n * MONEY_STEP_POUNDS * part)) for year, part in ((1, share), (2, 1 - share)) if part
        ),
    )  # fmt: skip


# --- differences between plans -----------------------------------------------------------------


def changes_between(world: World, before: Amounts, after: Amounts) -> tuple[Change, ...]:
    """Every amount that a school would notice, with the largest (priced) first."""
    zones = {z.urns: z.zone_id for z in world.picture.zones}
    names = {s.urn: s.name for s in world.partnership.schools}
    found = []
    for one in changeable(world):
        was, now = one.amount(before), one.amount(after)
        if was != now:
            what, unit = _what(world, one)
            is_zone = one.item in {s.service_id for s in world.partnership.services if world.policy.role(s.role).serves == "zone"}
            whose = zones[one.schools] if is_zone else names[one.schools[0]]
            found.append((abs(was - now) * one.pounds, Change(whose=whose, urns=one.schools, what=what, unit=unit, before=was, after=now)))
    return tuple(change for _, change in sorted(found, key=lambda pair: -pair[0]))


def _what(world: World, one: Changeable) -> tuple[str, str]:
    if one.item == GRANT_ITEM:
        return "grant", "pounds"
    service = next((s for s in world.partnership.services if s.service_id == one.item), None)
    if service is not None:
        return service.name, "half-days"
    return next(b.name for b in world.partnership.bases if b.base_id == one.item), "places"


def _standard_changes(asking: _Asking, before: Amounts, after: Amounts) -> tuple[StandardChange, ...]:
    found = []
    for cell in asking.world.picture.cells:
        was, now = _percent(before, cell.cell_id), _percent(after, cell.cell_id)
        if cell.recipient in {str(asking.urn), asking.zone} and was != now:
            found.append(StandardChange(name=asking.world.policy.standard(cell.standard_id).name, before_percent=was, after_percent=now))
    return tuple(sorted(found, key=lambda s: -abs(s.after_percent - s.before_percent)))


def _percent(amounts: Amounts, cell_id: str) -> int:
    """Percent of need met, to the nearest; what is not full (but for the search's tolerance) is never 100."""
    met = amounts.need_met.get(cell_id, 0)
    return 100 if met >= WHOLE - SAME_MILLIONTHS else min((200 * met + WHOLE) // (2 * WHOLE), 99)


def _service(world: World, service_id: str) -> Service:
    return next(s for s in world.partnership.services if s.service_id == service_id)


def _listed(parts: list[str]) -> str:
    return " and ".join(["; ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
