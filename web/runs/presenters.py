"""The words of runs: the list, what a new one will plan from, and how one stands."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from flask import url_for

from planner.export.summary import ENDINGS
from planner.plan import Ending
from planner.store import QueryState, RunState, Transaction
from planner.store.partnerships import PartnershipRow
from planner.store.plans import PlanRow
from planner.store.room import MINUTE
from planner.store.runs import REPLAN, Run
from planner.words import least_points, most_points, points_apart
from web.names import beside_which, name_of
from web.runs.chart import StepChart, step_chart
from web.runs.forms import SECONDS
from web.runs.history import History, Moment, history
from web.runs.sayings import duration
from web.shelf import Figures
from web.tables import Fact, TableCell, TableView, numbers, row, table, words
from web.words import count, moment, upper_first

GOING = frozenset({RunState.QUEUED, RunState.RUNNING})
STATES = {
    RunState.QUEUED: ("Waiting", "grey"),
    RunState.RUNNING: ("Being made", "blue"),
    RunState.FINISHED: ("Plan made", "green"),
    RunState.FAILED: ("No plan", "red"),
    RunState.CANCELLED: ("Cancelled", "yellow"),
}
GRACE_SECONDS = 10
"""After its longest time a run has this long to work out its last figures and to be checked."""
MOST_SHOWN = 20
_WAY = re.compile(r"Way \d+: ")
"""How each way to make room begins, where the rules cannot all hold."""
FILLED_LATER = (
    "Standards are filled in the second stage, once the needs furthest below the line are lifted; those fully met are counted then."
)


# --- the list ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class RunList:
    """The page of all runs."""

    partnership: str
    runs: TableView
    cannot_start: str


def run_list(tx: Transaction, partnership_id: int) -> RunList:
    """The runs of a partnership, newest first."""
    here = _here(tx, partnership_id)
    runs = tx.runs.runs(partnership_id=partnership_id)
    plans = {plan.run_id: plan for plan in tx.plans.plans(partnership_id=partnership_id)}
    names = {user_id: name_of(tx, user_id) for user_id in {run.requested_by for run in runs}}
    return RunList(
        partnership=here.name,
        cannot_start=cannot_start(here),
        runs=table(
            "Runs, newest first",
            words("Run", "Asked for", "By", "Made from", "State", "Plan"),
            [
                row(
                    TableCell(text=f"Run {run.id}", href=run_url(run)),
                    moment(run.requested_at),
                    names[run.requested_by],
                    _made_from(run),
                    TableCell(text=STATES[run.state][0], tag=STATES[run.state][1]),
                    TableCell(text=f"Plan {plans[run.id].id}", href=plan_url(plans[run.id]))
                    if run.id in plans
                    else "Not yet"
                    if run.state in GOING
                    else "None",
                )
                for run in runs
            ],
            empty="Nothing has been planned yet.",
        ),
    )


def cannot_start(here: PartnershipRow) -> str:
    """Why nothing can be planned yet; empty where it can."""
    if not here.latest_version:
        return "There is nothing to plan yet: the administrator brings the partnership's figures first."
    return "" if here.latest_policy else "There is no policy to plan by yet: the partnership's administrator brings it with the figures."


# --- a new run ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Caution:
    """Something to know before asking, and where to look at it."""

    text: str
    more: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRun:
    """What a new run will plan from."""

    partnership: str
    cannot_start: str
    seen: str
    facts: tuple[Fact, ...]
    cautions: tuple[Caution, ...]


def new_run(tx: Transaction, figures: Figures | None, partnership_id: int) -> NewRun:
    """The newest figures and policy, and what is still open about them."""
    here = _here(tx, partnership_id)
    why_not = cannot_start(here)
    if why_not or figures is None:
        return NewRun(partnership=here.name, cannot_start=why_not, seen=seen(here), facts=(), cautions=())
    partnership, policy = figures.world.partnership, figures.world.policy
    policy_version = tx.policies.version(partnership_id=partnership_id, version=here.latest_policy)
    assert policy_version is not None
    return NewRun(
        partnership=here.name,
        cannot_start="",
        seen=seen(here),
        facts=(
            Fact(label="Year", text=partnership.academic_year),
            Fact(label="Figures", text=f"Version {here.latest_version}, brought {moment(figures.version.made_at)}"),
            Fact(label="Policy", text=f"{policy.title}. Version {here.latest_policy}, set {moment(policy_version.made_at)}"),
            Fact(label="Schools", text=f"{len(partnership.schools):,}"),
        ),
        cautions=_cautions(tx, here, figures),
    )


def seen(here: PartnershipRow) -> str:
    """Which figures and policy a page shows, to notice when newer ones were brought meanwhile."""
    return f"{here.latest_version}-{here.latest_policy}"


def _cautions(tx: Transaction, here: PartnershipRow, figures: Figures) -> tuple[Caution, ...]:
    found = []
    schools_page = url_for("figures.schools", partnership_id=here.id)
    urns = {school.urn for school in figures.world.partnership.schools}
    confirmed = {c.urn for c in tx.schools.confirmations(partnership_id=here.id, version=here.latest_version)} & urns
    waiting = len(urns) - len(confirmed)
    asked = sum(query.state is QueryState.OPEN for query in tx.schools.queries(partnership_id=here.id))
    going = next((run for run in tx.runs.runs(partnership_id=here.id) if run.state in GOING), None)
    if figures.world.partnership.is_illustrative():
        text = "Some amounts of people or funds are assumed. The plan will say on every page that it is illustrative."
        found.append(Caution(text=text, more="Look at the figures", href=schools_page))
    if waiting:
        some = f"{waiting:,} of {count(len(urns), 'school')} {'has' if waiting == 1 else 'have'} not confirmed these figures."
        text = some if confirmed else "No school has confirmed these figures yet."
        found.append(Caution(text=text, more="See which schools", href=schools_page))
    if asked:
        text = f"{count(asked, 'question')} about the figures {'is' if asked == 1 else 'are'} not answered yet."
        found.append(Caution(text=text, more="Read the questions", href=url_for("queries.queries", partnership_id=here.id)))
    if going is not None:
        found.append(Caution(text="A plan of this partnership is already under way.", more=f"Open run {going.id}", href=run_url(going)))
    return tuple(found)


# --- one run -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """One headline count."""

    number: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Best:
    """The best plan so far: standards first where any is met, then how close to the best these rules allow."""

    heading: str
    counts: tuple[Count, ...]
    distance: str
    when_filled: str
    why_fewer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """How a run stands. ``shape`` changes when the page needs other parts, ``etag`` when it says anything else."""

    run_id: int
    partnership: str
    title: str
    etag: str
    shape: str
    poll_milliseconds: int
    seen_at: str
    say: str
    heading: str
    sentences: tuple[str, ...]
    reasons: tuple[str, ...]
    ways: tuple[str, ...]
    after_ways: tuple[str, ...]
    what_to_do: tuple[str, ...]
    best: Best | None
    facts: tuple[Fact, ...]
    elapsed_seconds: int | None
    elapsed: str
    chart: StepChart | None
    improvements: TableView
    has_history: bool
    plan_href: str
    can_use_best: bool
    can_cancel: bool
    can_plan_again: bool


def run_etag(tx: Transaction, run: Run, *, may_run: bool) -> str:
    """What changes whenever the page of a run would say anything else."""
    return _etag(run, *_place_and_plan(tx, run), may_run=may_run)


def run_view(tx: Transaction, run: Run, *, may_run: bool) -> RunView:
    """How a run stands for somebody who may change it, or only watch."""
    here = _here(tx, run.partnership_id)
    place, plan = _place_and_plan(tx, run)
    told = history(tx.runs.progress(partnership_id=run.partnership_id, run_id=run.id))
    if plan is not None:
        told = _with_plan(told, plan, _seconds(run, tx.now) or 0)
    is_going = run.state in GOING
    has_best = run.best_at is not None
    heading = _heading(run)
    best = _best(told, plan, is_going=is_going)
    seconds = _seconds(run, tx.now)
    sentences = _sentences(run, place, told, plan)
    reasons, ways, after_ways = _why_none(run)
    return RunView(
        run_id=run.id,
        partnership=here.name,
        title=f"Run {run.id}: {heading[0].lower()}{heading[1:]}",
        etag=_etag(run, place, plan, may_run=may_run),
        shape="waiting" if run.state is RunState.QUEUED else "working" if is_going else "ended",
        poll_milliseconds={RunState.QUEUED: 2000, RunState.RUNNING: 1000}.get(run.state, 0),
        seen_at=moment(tx.now),
        say=". ".join(part.rstrip(".") for part in (heading, *sentences[:1], *reasons[:1], *([best.heading] if best else []))) + ".",
        heading=heading,
        sentences=sentences,
        reasons=reasons,
        ways=ways,
        after_ways=after_ways,
        what_to_do=_what_to_do(len(reasons) + len(ways)) if run.state is RunState.FAILED else (),
        best=best,
        facts=_facts(tx, run),
        elapsed_seconds=int(seconds) if seconds is not None and run.state is RunState.RUNNING else None,
        elapsed="" if seconds is None else duration(seconds) if is_going else _lasted(seconds),
        chart=step_chart(told.moments, seconds or 0) if is_going or plan else None,
        improvements=_improvements(told.improvements(), is_made=plan is not None),
        has_history=told.last is not None and (is_going or plan is not None),
        plan_href=plan_url(plan) if plan else "",
        can_use_best=may_run and is_going and has_best and run.best_wanted_at is None,
        can_cancel=may_run and is_going,
        can_plan_again=may_run and run.state in {RunState.FAILED, RunState.CANCELLED},
    )


def _place_and_plan(tx: Transaction, run: Run) -> tuple[int | None, PlanRow | None]:
    place = tx.runs.queue_place(partnership_id=run.partnership_id, run_id=run.id)
    plan = tx.plans.of_run(partnership_id=run.partnership_id, run_id=run.id) if run.state is RunState.FINISHED else None
    return place, plan


def _etag(run: Run, place: int | None, plan: PlanRow | None, *, may_run: bool) -> str:
    return f"{run.id}-{run.changes}-{place or 0}-{run.state}-{plan.id if plan else 0}-{int(may_run)}"


def run_url(run: Run) -> str:
    """The address of a run."""
    return url_for("runs.run", partnership_id=run.partnership_id, run_id=run.id)


def plan_url(plan: PlanRow) -> str:
    """The address of a plan."""
    return url_for("plans.summary_page", partnership_id=plan.partnership_id, plan_id=plan.id)


def _heading(run: Run) -> str:
    if run.state is RunState.QUEUED:
        return "Waiting to go on" if run.fence else "Waiting to begin"
    return {
        RunState.RUNNING: "The plan is being made",
        RunState.FINISHED: "The plan is made",
        RunState.FAILED: "There is no plan",
        RunState.CANCELLED: "The run was cancelled",
    }[run.state]


def _sentences(run: Run, place: int | None, told: History, plan: PlanRow | None) -> tuple[str, ...]:
    finishing = ("The run ends with the best plan so far, as it was asked to.",) if run.best_wanted_at is not None else ()
    if run.state is RunState.QUEUED:
        before = (place or 1) - 1
        first = f"{count(before, 'plan')} {'is' if before == 1 else 'are'} made before this one." if before else "It is next."
        return (first, "It begins by itself, as a rule within seconds of its turn.", *finishing)
    if run.state is RunState.RUNNING:
        stopped = ("The planner stopped on the way. The run goes on by itself in a moment, and its best plan is kept.",) if place else ()
        stage = told.stage or "Starting"
        return (f"{upper_first(stage.rstrip('.'))}.", *stopped, *finishing)
    if run.state is RunState.FINISHED:
        return ("It passed its check and is kept in Plans.", *_ending(plan))
    if run.state is RunState.CANCELLED:
        return ("No plan was kept of it. The figures and the policy are as they were.",)
    return ()


def _ending(plan: PlanRow | None) -> tuple[str, ...]:
    return (ENDINGS[Ending(plan.status)].partition(";")[0] + ".",) if plan and plan.status in set(Ending) else ()


def _why_none(run: Run) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Why there is no plan: what clashes, the ways to make room in their order, and what holds of all other ways."""
    lines = [line for line in (run.reason or "").splitlines() if line.strip()]
    ways = [n for n, line in enumerate(lines) if _WAY.match(line)]
    if not ways:
        return tuple(lines), (), ()
    return tuple(lines[: ways[0]]), tuple(_WAY.sub("", lines[n]) for n in ways), tuple(lines[ways[-1] + 1 :])


def _what_to_do(said: int) -> tuple[str, ...]:
    safe = "The figures and the policy are safe: nothing was changed."
    if said > 1:
        return (safe, "Agree on one way with whoever may grant it, or mend the figures that the rules rest on. Then make a plan again.")
    return (safe, "Once that is done, make a plan again. If you tell the administrator, give them the number of this run.")


def _best(told: History, plan: PlanRow | None, *, is_going: bool) -> Best | None:
    last = told.last
    terms: Mapping[str, object]
    if plan is not None:
        terms, name = plan.counts, "The plan"
    elif is_going and last is not None:
        terms, name = last.terms, "Best plan so far"
    else:
        return None
    met, counted = terms.get("standards_met"), terms.get("standards_counted")
    is_unfilled = is_going and last is not None and met == 0
    said = f": {met:,} of {count(counted, 'standard')} fully met" if isinstance(met, int) and isinstance(counted, int) else ""
    shown: tuple[tuple[str, str], ...] = (
        ("standards_met", "fully met"),
        ("standards_partly_met", "partly met"),
        ("standards_under_half", "under half"),
        ("out_of_reach", "out of reach"),
    )
    if is_unfilled and last is not None:
        said, shown = f": {most_points(last.best_points)} points of {_what(terms)}", shown[1:]
    return Best(
        heading=name + said,
        counts=tuple(Count(number=f"{terms[key]:,}", words=text) for key, text in shown if isinstance(terms.get(key), int)),
        distance=_distance(last.best_points, last.bound_points, _what(terms))
        if last and is_going
        else _distance(*_plan_points(plan), _what(terms))
        if plan
        else "",
        when_filled=FILLED_LATER if is_unfilled else "",
        why_fewer=_why_fewer(told) if is_going and not is_unfilled else "",
    )


def _with_plan(told: History, plan: PlanRow, seconds: float) -> History:
    """A story that ends with the plan itself: the last that was told while it was made was of an earlier stage."""
    if told.last is None:
        return told
    best, bound = _plan_points(plan)
    own = Moment(seconds=max(seconds, told.last.seconds), best_points=best, bound_points=bound, terms=plan.counts)
    return replace(told, moments=(*told.moments, own))


def _plan_points(plan: PlanRow) -> tuple[float, float | None]:
    """The kept plan's own shortfall, and its bound where one was found."""
    assert plan.shortfall_points is not None
    is_known = bool(plan.bound_points) or plan.status in {Ending.WITHIN_GAP, Ending.CLOSE_BY_CLOCK}
    return round(plan.shortfall_points + plan.counts.get("price_points", 0.0), 4), plan.bound_points if is_known else None


def _what(terms: Mapping[str, object]) -> str:
    """What is made as small as it can be: need below the line, and what rules that give way cost where any may."""
    return "need below the board's line" + (" and price of rules that give way" if "price_points" in terms else "")


def _distance(best_points: float, bound_points: float | None, what: str) -> str:
    best = most_points(best_points)
    below = f"This one leaves {best} points of {what}"
    if bound_points is None:
        return f"{below}. How much better a plan could be is not known yet."
    least = least_points(bound_points)
    gap = points_apart(best, least)
    better = f"at most {gap} points" if float(gap) else "less than 0.01 points"
    return f"A plan could be better by {better} of need. {below}; with these rules and figures no plan can go below {least}."


def _why_fewer(told: History) -> str:
    met = [m.terms["standards_met"] for m in told.moments if isinstance(m.terms.get("standards_met"), int)]
    if not met or met[-1] >= max(met):
        return ""
    return (
        "Fewer standards are fully met than a moment ago: support goes first to the needs furthest below the board's line. "
        "What is left is shared out last."
    )


def _facts(tx: Transaction, run: Run) -> tuple[Fact, ...]:
    facts = [
        Fact(label="Asked for", text=f"{moment(run.requested_at)}, by {name_of(tx, run.requested_by)}"),
        Fact(label="Made from", text=_made_from(run)),
        *([] if run.kind == REPLAN else [Fact(label="Longest time to search", text=duration(_limit(run)))]),
    ]
    if run.claimed_at is not None and run.state is not RunState.QUEUED:
        facts.append(Fact(label="Begun", text=moment(run.claimed_at)))
        if run.state is RunState.RUNNING:
            latest = run.claimed_at + int((_limit(run) + GRACE_SECONDS) * 1000)
            facts.append(Fact(label="Ends at the latest", text=moment(-(-latest // MINUTE) * MINUTE)))
    if run.ended_at is not None:
        facts.append(Fact(label="Ended", text=moment(run.ended_at)))
    return tuple(facts)


def _limit(run: Run) -> float:
    return float(run.settings.get("seconds", SECONDS))


def _seconds(run: Run, now: int) -> float | None:
    if run.claimed_at is None or run.state is RunState.QUEUED:
        return None
    return ((run.ended_at or now) - run.claimed_at) / 1000


def _lasted(seconds: float) -> str:
    return duration(seconds) if seconds >= 1 else "less than a second"


def _improvements(found: tuple[Moment, ...], *, is_made: bool) -> TableView:
    shown = found[::-1][:MOST_SHOWN]
    caption = ("The plan, and better plans on the way to it, newest first" if is_made else "Better plans, newest first") + (
        f" (the newest {len(shown)} of {len(found):,})" if len(found) > len(shown) else ""
    )
    return table(
        caption,
        (*words("Found after"), *numbers("Standards fully met", "Under half", "Points below the line", "No plan can go below")),
        [
            row(
                _lasted(one.seconds),
                _number(one.terms.get("standards_met")),
                _number(one.terms.get("standards_under_half")),
                most_points(one.best_points),
                "not known yet" if one.bound_points is None else least_points(one.bound_points),
            )
            for one in shown
        ],
        empty="None yet.",
    )


def _number(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else "not told"


def _made_from(run: Run) -> str:
    if run.kind == REPLAN:
        return upper_first(beside_which(run))
    return f"Figures {run.partnership_version}, policy {run.policy_version}"


def _here(tx: Transaction, partnership_id: int) -> PartnershipRow:
    here = tx.partnerships.partnership(partnership_id=partnership_id)
    assert here is not None
    return here
