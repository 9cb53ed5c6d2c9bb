"""What one more would be worth: half-days, £10,000, base places; each step re-solved whole, as shortfall points gained.

A gain is what the best found falls by, beside the interval that the searches prove: from the bound before less the value
after, to the value before less the bound after. Marginal prices are not used: they miss the steps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

from optimisation.asked import Trial, Tried
from optimisation.sandbox import Sandbox
from optimisation.why.asking import GAP_POINTS
from optimisation.why.records import Price
from optimisation.why.ways import is_held_elsewhere
from planner.audit import leading_points
from planner.measures import fund_accounts
from planner.need import World, world_of
from planner.partnership import Base, Consent, DecisionRight, Fund, HostCondition, Person, Service
from planner.plan import Amounts, Plan
from planner.reasons import half_days
from planner.supply import MONTHS, host_condition, is_planned, most_planned_places, places_now, service_supply, sizes_of

MOST_STEPS = 5
STEP_POUNDS = 10_000
VALUE_SECONDS = 8.0
ONE_MORE = "one more post"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """So much more of a resource: the points that the best found falls by, and by how many it is proved to."""

    amount: int
    gained_points: float
    proved: Price
    tried: Tried


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A resource, one more of which may be worth something. ``note`` says why there are no steps, '' where there are."""

    name: str
    unit: str
    steps: tuple[Step, ...]
    note: str

    @property
    def is_shown(self) -> bool:
        """Whether any step gains more than these searches leave open."""
        return any(step.proved.is_shown for step in self.steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """What one more of each resource is worth, beside the best that today's hold (points of shortfall)."""

    best: Price
    today: Tried
    values: tuple[Value, ...]


def values_of(sandbox: Sandbox, plan: Plan, *, tell: Callable[[str], None] = lambda _: None) -> Values:
    """Every resource's next steps; the sandbox may be left with another world."""
    return _Valuing(sandbox, plan, tell).all()


class _Valuing:
    """The plan, and the best that is known of its world."""

    def __init__(self, sandbox: Sandbox, plan: Plan, tell: Callable[[str], None]) -> None:
        self.sandbox, self.world, self.amounts, self._tell = sandbox, sandbox.world, plan.amounts, tell
        self.today = self._least("the rules as they are")
        points = float(leading_points(self.world, plan.amounts))
        least = max(self.today.bound, plan.bound_points, 0.0)
        self.best = Price(least=least, most=max(min(self.today.value, points), least))

    def all(self) -> Values:
        """Services first, then funds, then bases: the first need no other world."""
        p = self.world.partnership
        services = sorted(p.services, key=lambda service: is_held_elsewhere(self.world, service))
        values = {s.service_id: self._service(s) for s in services}
        found = (
            *(values[s.service_id] for s in p.services),
            *(self._fund(f) for f in p.funds),
            *(value for base in p.bases if (value := self._base(base)) is not None),
        )
        return Values(best=self.best, today=self.today, values=found)

    def _least(self, words: str, more: tuple[tuple[str, str, float], ...] = ()) -> Tried:
        self._tell(words)
        return self.sandbox.ask(Trial(words=words, more=more, gap=GAP_POINTS, seconds=VALUE_SECONDS))

    def _step(self, amount: int, tried: Tried) -> Step:
        return Step(
            amount=amount, gained_points=max(self.best.most - tried.value, 0.0), tried=tried,
            proved=Price(least=max(self.best.least - tried.value, 0.0), most=max(self.best.most - tried.bound, 0.0)),
        )  # fmt: skip

    def _steps(self, ask: Callable[[int], Tried]) -> tuple[Step, ...]:
        """The last step first: where it gains nothing that shows, fewer gain no more."""
        last = self._step(MOST_STEPS, ask(MOST_STEPS))
        if not last.proved.is_shown:
            return (last,)
        return (*(self._step(n, ask(n)) for n in range(1, MOST_STEPS)), last)

    # --- half-days -------------------------------------------------------------------------

    def _service(self, service: Service) -> Value:
        supply = service_supply(self.world.partnership, self.world.policy, service)
        given = sum(n for (_, s), n in self.amounts.sessions.items() if s == service.service_id)
        left = supply.shareable_sessions - given
        role = self.world.policy.role(service.role).name
        note = ""
        if service.decision_right is DecisionRight.INFORMATION:
            note = "for information only: nothing is planned from it"
        elif supply.statutory_shortfall_sessions:
            note = f"{half_days(supply.statutory_shortfall_sessions)} short of its statutory work, which any more would go to first"
        elif left >= supply.minimum_block_sessions:
            note = f"not used up: {half_days(left)} left in the plan, so more of it was not tried"
        steps = () if note else self._steps(lambda n: self._more_time(service, n))
        return Value(name=f"{service.name} ({role})", unit="half-days", steps=steps, note=note)

    def _more_time(self, service: Service, n: int) -> Tried:
        words = f"{half_days(n)} more of {service.name}"
        if is_held_elsewhere(self.world, service):
            self.sandbox.open(with_time(self.world, service, n))
            return self._least(words)
        if self.sandbox.world is not self.world:
            self.sandbox.open(self.world)
        return self._least(words, (("vacancy_held_back", service.service_id, float(n)), ("statutory_first", service.service_id, float(n))))

    # --- money -----------------------------------------------------------------------------

    def _fund(self, fund: Fund) -> Value:
        note, name = "", fund.name
        if not is_planned(fund):
            note = "for information only: nothing is planned from it"
        else:
            accounts = [a for a in fund_accounts(self.world.partnership, self.world.policy, self.amounts) if a.fund_id == fund.fund_id]
            if left := sum(a.left for a in accounts):  # more may be worth something all the same: with it a base may grow
                name = f"{fund.name}, £{left:,} left in the plan"
        steps = () if note else self._steps(lambda n: self._more_money(fund, n))
        return Value(name=name, unit="pounds", steps=tuple(replace(s, amount=s.amount * STEP_POUNDS) for s in steps), note=note)

    def _more_money(self, fund: Fund, n: int) -> Tried:
        self.sandbox.open(with_money(self.world, fund, n * STEP_POUNDS))
        return self._least(f"£{n * STEP_POUNDS:,} more in {fund.name}")

    # --- base places -----------------------------------------------------------------------

    def _base(self, base: Base) -> Value | None:
        larger = next_size(self.world, self.amounts, base)
        if base.decision_right is DecisionRight.INFORMATION or not sizes_of(base):
            return None
        size = self.amounts.base_sizes.get(base.base_id, 0)
        if larger is None:
            return Value(name=base.name, unit="places", steps=(), note="may run larger already, and the plan has no use for it at its cost")
        self.sandbox.open(with_places(self.world, base, larger, larger - size))
        step = self._step(larger, self._least(f"{base.name} may run at {larger} places"))
        return Value(name=f"{base.name}, {size} places in the plan", unit="places", steps=(step,), note="")


def next_size(world: World, amounts: Amounts, base: Base) -> int | None:
    """The next size up that the rules do not allow today; None when they allow a larger one than the plan has."""
    size, sizes = amounts.base_sizes.get(base.base_id, 0), sizes_of(base)
    here = host_condition(world.partnership, base.host_urn)
    others = sum(
        amounts.base_sizes.get(b.base_id, 0) for b in world.partnership.bases if b.host_urn == base.host_urn and b.base_id != base.base_id
    )
    most = most_planned_places(world.partnership, here) if world.policy.is_on("host_most_places") else None
    is_agreed = here.consent is Consent.YES or not world.policy.is_on("host_consent")
    larger = [k for k in sizes if k > size]
    if any((is_agreed or k <= places_now(base)) and (most is None or others + k <= most) for k in larger):
        return None
    group = world.policy.bases.places_per_teacher
    further = sizes[-1] - sizes[-2] if len(sizes) > 1 else group - size % group
    return min(larger, default=size + further)


# --- worlds that have more -------------------------------------------------------------------


def with_time(world: World, service: Service, sessions: int) -> World:
    """The world with a further post, so large that the service has this many more half-days to share."""
    before = service_supply(world.partnership, world.policy, service).shareable_sessions
    size = sessions
    while True:
        post = Person(person_id=ONE_MORE, service_id=service.service_id, name=ONE_MORE, sessions_a_year=size)
        partnership = replace(world.partnership, people=(*world.partnership.people, post))
        if service_supply(partnership, world.policy, service).shareable_sessions >= before + sessions:
            return world_of(partnership, world.policy)
        size += 1


def with_money(world: World, fund: Fund, pounds: int) -> World:
    """The world with more in a fund, spread over its two financial years as its money is; contingency and pot follow the policy."""
    first, second = max(fund.september_to_march_pounds, 0), max(fund.april_to_august_pounds, 0)
    share = Fraction(first, first + second) if first + second else Fraction(world.policy.board.september_to_march_months, MONTHS)
    more = int(pounds * share)
    richer = replace(
        fund,
        september_to_march_pounds=fund.september_to_march_pounds + more,
        april_to_august_pounds=fund.april_to_august_pounds + pounds - more,
    )
    funds = tuple(richer if f.fund_id == fund.fund_id else f for f in world.partnership.funds)
    return world_of(replace(world.partnership, funds=funds), world.policy)


def with_places(world: World, base: Base, size: int, more: int) -> World:
    """The world in which a base may run at a larger size and its host agrees to that many more places."""
    larger = replace(base, sizes=tuple(sorted({*base.sizes, size})))
    here = host_condition(world.partnership, base.host_urn)
    most = None if here.most_places is None else here.most_places + more
    agreed = HostCondition(urn=base.host_urn, consent=Consent.YES, most_places=most, condition=here.condition)
    conditions = (*(c for c in world.partnership.host_conditions if c.urn != base.host_urn), agreed)
    bases = tuple(larger if b.base_id == base.base_id else b for b in world.partnership.bases)
    return world_of(replace(world.partnership, bases=bases, host_conditions=conditions), world.policy)
