"""The words of the meeting's screen: counts first, one sentence for each difference, what gives way first, how close to the best."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from flask import url_for

from planner.audit import leads
from planner.compare import Comparison, Count, Pair, Unit
from planner.export.priced import price_lines
from planner.store import Transaction, VoteState
from planner.store.decisions import BoardDecision
from planner.store.drafts import Draft
from planner.tried import tried_of
from planner.words import most_points
from web.access import Permission, User
from web.compare.sides import Offer
from web.decide.presenters import STATES, address, vote_sentence
from web.meeting.asked import Asked
from web.meeting.changes import A_RULE, A_WEIGHT, KINDS, OF_RULES, RULE, WEIGHT, WEIGHTS, RuleChoice, figure_of, rule_of, rule_words
from web.names import partnership_name
from web.shelf import KeptPlan
from web.tables import TableView, numbers, row, table, words
from web.try_it.presenters import Standing, draft_view
from web.try_it.sliders import Slider, policy_with
from web.words import count, listed, moment

CYCLE_SECONDS = 120
_COUNTED = {
    "Standards fully met": "Fully met", "Standards met to less than half": "Under half", "Standards out of reach": "Out of reach",
    "Base places that run": "Base places",
}  # fmt: skip
"""The headlines that count, and what the screen calls them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Something to pick: a plan, a way beside it, a change."""

    value: str
    text: str
    is_chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What is said of one way to share."""

    name: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableStep:
    """Step 1: what is on the table."""

    title: str
    plans: tuple[Choice, ...]
    beside: tuple[Choice, ...]
    counts: TableView
    differences: tuple[str, ...]
    notes: tuple[str, ...]
    gives_way: tuple[About, ...]
    close: tuple[About, ...]
    compare_href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """How long ago the change was picked."""

    seconds: int
    text: str
    is_over: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeStep:
    """Step 2: what would change."""

    beside: str
    kinds: tuple[tuple[str, str, bool], ...]
    which: str
    choices: tuple[tuple[str, str], ...]
    figure: Slider | None
    rule: RuleChoice | None
    version: str
    tried: tuple[str, ...]
    standing: Standing
    clock: Clock | None
    keep_words: str
    may_keep: bool
    cannot_keep: str
    draft_href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideStep:
    """Step 3: what we decide."""

    title: str
    state: str
    colour: str
    vote: str
    options: TableView | None
    sentence: str
    links: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingView:
    """The screen."""

    partnership: str
    leave_href: str
    state: Mapping[str, object]
    on_table: TableStep
    change: ChangeStep
    decide: DecideStep


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What the screen shows: a plan, the plans ``others`` beside it, the decision, one's own draft; ``typed`` and ``faults`` are what was refused."""

    asked: Asked
    kept: KeptPlan
    comparison: Comparison | None
    others: Mapping[int, KeptPlan]
    offers: tuple[Offer, ...]
    decision: BoardDecision | None
    draft: Draft | None
    typed: Mapping[str, str]
    faults: Mapping[str, str]


def meeting_view(tx: Transaction, user: User, scene: Scene) -> MeetingView:
    """The whole screen."""
    asked, kept, decision = scene.asked, scene.kept, scene.decision
    here = kept.partnership_id
    name = partnership_name(tx, here)
    return MeetingView(
        partnership=name,
        leave_href=address(decision) if decision is not None else url_for("plans.summary_page", partnership_id=here, plan_id=kept.plan_id),
        state=asked.query(),
        on_table=_on_table(scene),
        change=_change(tx, user, name, scene),
        decide=_decide(tx, user, here, decision),
    )


def screen(partnership_id: int, asked: Asked, endpoint: str = "meeting.page", anchor: str | None = None) -> str:
    """The address of the screen, or of something done on it."""
    return url_for(endpoint, partnership_id=partnership_id, _anchor=anchor, **asked.query())  # type: ignore[arg-type]


# --- 1 what is on the table --------------------------------------------------------------------


def _on_table(scene: Scene) -> TableStep:
    asked, kept, comparison, offers = scene.asked, scene.kept, scene.comparison, scene.offers
    every = (kept, *scene.others.values())
    plans = [offer for offer in offers if offer.way.isdecimal()]
    return TableStep(
        title=f"Plan {kept.plan_id}, made {moment(kept.made_at)}",
        plans=tuple(Choice(value=one.way, text=one.name, is_chosen=one.way == str(kept.plan_id)) for one in plans),
        beside=tuple(
            Choice(value=one.way, text=one.name, is_chosen=one.way in (asked.beside or ()))
            for one in offers
            if not one.missing and one.way != str(kept.plan_id)
        ),
        counts=_counts(kept, comparison),
        differences=()
        if comparison is None
        else tuple(_difference(n, pair, comparison) for n, pair in enumerate(comparison.pairs, start=1)),
        notes=() if comparison is None else comparison.notes,
        gives_way=tuple(_gives_way(one) for one in every),
        close=tuple(_close(one) for one in every),
        compare_href=""
        if comparison is None
        else url_for(
            "compare.page", partnership_id=kept.partnership_id, of=[str(kept.plan_id), *(asked.beside or ())], beside=str(kept.plan_id)
        ),
    )


def _counts(kept: KeptPlan, comparison: Comparison | None) -> TableView:
    """The counts of each way, nothing else."""
    stands = kept.facts.standing
    lines = (
        [("Fully met", (stands.met,)), ("Under half", (stands.under_half,)), ("Out of reach", (stands.out_of_reach,))]
        if comparison is None
        else [(_COUNTED[line.label], line.figures) for line in comparison.headlines if line.label in _COUNTED]
    )
    names = [f"Plan {kept.plan_id}"] if comparison is None else [side.name for side in comparison.sides]
    return table(
        "Quality standards and places", (*words("Counts"), *numbers(*names)),
        [row(label, *("not known" if figure is None else f"{int(figure):,}" for figure in figures)) for label, figures in lines],
        is_caption_hidden=True,
    )  # fmt: skip


def _difference(n: int, pair: Pair, comparison: Comparison) -> str:
    """One way beside the plan on the table, in one sentence."""
    met = next(line for line in comparison.headlines if line.unit is Unit.STANDARDS).figures
    by = int(met[n] or 0) - int(met[0] or 0)
    standards = f"{count(abs(by), 'standard')} {'more' if by > 0 else 'fewer'} fully met" if by else "as many standards fully met"
    grant, time, _ = pair.counts
    return f"{pair.side.name} beside {comparison.sides[0].name}: {standards}; {_who(grant, 'grant')}; {_who(time, 'half-days')}."


def _who(one: Count, what: str) -> str:
    groups = [(one.more, "more"), (one.less, one.less_word)]
    said = [f"{count(number, 'school gets', 'schools get')} {word} {what}" if not n else f"{number:,} {word}" for n, (number, word) in enumerate(pair for pair in groups if pair[0])]  # fmt: skip
    return listed(said) if said else f"no school's {what} {'change' if what != 'grant' else 'changes'}"


def _gives_way(kept: KeptPlan) -> About:
    lines = price_lines(kept.facts.world, kept.facts.amounts)
    return About(name=f"Plan {kept.plan_id}", sentences=lines or ("Nothing gives way in it: every rule of the board holds.",))


def _close(kept: KeptPlan) -> About:
    """How much better than a plan anything could be, by its own rules."""
    facts = kept.facts
    gap = max(0.0, leads(facts.world, facts.amounts) - facts.plan.bound_points)
    return About(
        name=f"Plan {kept.plan_id}",
        sentences=(f"At most {most_points(gap)} points better is possible by these rules. A point is one hundredth of all need.",),
    )


# --- 2 what would change -----------------------------------------------------------------------


def _change(tx: Transaction, user: User, partnership: str, scene: Scene) -> ChangeStep:
    asked, kept, decision, draft, typed, faults = scene.asked, scene.kept, scene.decision, scene.draft, scene.typed, scene.faults
    world, here = kept.facts.world, kept.partnership_id
    tried = None if draft is None else tried_of(world, draft.held)
    policy = world.policy if tried is None else policy_with(world, dict(tried.settings))
    is_rule = asked.change == A_RULE or asked.change.startswith(RULE)
    is_weight = asked.change == A_WEIGHT or asked.change.startswith(WEIGHT)
    seen = None if draft is None else draft_view(partnership, kept, draft, ())
    standing = (
        Standing(estimate="", sentence="", is_going=False, result=None, clash=None, may_retry=False) if seen is None else seen.standing
    )
    if seen is None or not seen.changes:
        standing = replace(standing, sentence="")
    if standing.result is not None or standing.clash is not None:
        standing = replace(standing, estimate="")  # the whole answer stands in its place
    chairs = user.may(Permission.OPEN_AND_CLOSE_VOTES, here)
    can_add = decision is not None and decision.state is VoteState.PREPARED

    def link(change: str) -> str:
        return screen(here, replace(asked, change=change), anchor="change")

    return ChangeStep(
        beside=f"Plan {kept.plan_id}",
        kinds=(
            *((text, link(key), key == asked.change) for key, (text, _) in KINDS.items()),
            ("What a need weighs", link(A_WEIGHT), is_weight), ("A rule", link(A_RULE), is_rule),
        ),
        which={A_RULE: "Which rule?", A_WEIGHT: "The weight of which need?"}.get(asked.change, ""),
        choices=tuple((rule_words(rule_id), link(f"{RULE}{rule_id}")) for rule_id in OF_RULES)
        if asked.change == A_RULE
        else tuple((text, link(key)) for key, (text, _) in WEIGHTS.items())
        if asked.change == A_WEIGHT
        else (),
        figure=figure_of(world, policy, asked.change, typed, faults),
        rule=rule_of(policy, asked.change, typed, faults.get("how", faults.get("price", ""))),
        version="" if draft is None else str(draft.version),
        tried=() if seen is None else seen.changes,
        standing=standing,
        clock=_clock(tx, draft) if seen is not None and seen.changes else None,
        keep_words=f"Keep as an option in decision {decision.id}" if decision is not None and can_add else "Keep as a plan",
        may_keep=chairs and standing.result is not None,
        cannot_keep=_cannot_keep(decision, chairs=chairs) if standing.result is not None else "",
        draft_href="" if draft is None else url_for("try_it.draft", partnership_id=here, draft_id=draft.id),
    )  # fmt: skip


def _cannot_keep(decision: BoardDecision | None, *, chairs: bool) -> str:
    if not chairs:
        return "The chair can keep it as an option from a screen of their own. You can send it to the board from your draft."
    if decision is None:
        return "No decision is open, so it is kept as a plan. Open a decision to put it before the board."
    if decision.state is VoteState.PREPARED:
        return ""
    return (
        f"The vote on decision {decision.id} is open, so it is kept as a plan and is no option there. Another decision can have it as one."
    )


def _clock(tx: Transaction, draft: Draft | None) -> Clock | None:
    if draft is None or draft.asked_at is None:
        return None
    seconds = max(0, tx.now - draft.asked_at) // 1000
    return Clock(seconds=seconds, text=clock_text(seconds), is_over=seconds >= CYCLE_SECONDS)


def clock_text(seconds: int) -> str:
    """Minutes and seconds; from an hour on, that it is long ago."""
    return f"{seconds // 60}:{seconds % 60:02}" if seconds < 3600 else "over an hour"


# --- 3 what we decide --------------------------------------------------------------------------


def _decide(tx: Transaction, user: User, partnership_id: int, decision: BoardDecision | None) -> DecideStep:
    chairs = user.may(Permission.OPEN_AND_CLOSE_VOTES, partnership_id)
    if decision is None:
        links = (("Open a decision", url_for("decide.new", partnership_id=partnership_id)),) if chairs else ()
        return DecideStep(
            title="No decision is open", state="", colour="", vote="", options=None, links=links,
            sentence="The chair opens a decision with the plans that are options in it and the rules of the vote.",
        )  # fmt: skip
    given, roll = len(tx.decisions.votes(decision_id=decision.id)), tx.decisions.roll(decision_id=decision.id)
    options = tx.decisions.options(decision_id=decision.id)
    there = {plan.id: plan for plan in tx.plans.plans(partnership_id=partnership_id) if plan.id in options}
    reads = ("Read the decision and comment", address(decision))
    votes = (("Vote", address(decision, "decide.vote")),) if decision.state is VoteState.OPEN and user.user_id in roll else ()
    return DecideStep(
        title=f"Decision {decision.id}: {decision.title}",
        state=STATES[decision.state][0],
        colour=STATES[decision.state][1],
        vote=vote_sentence(decision, given, len(roll)),
        options=table(
            "Options", (*words("Option"), *numbers("Fully met", "Under half", "Out of reach")),
            [
                row(f"Plan {plan_id}", *(f"{there[plan_id].counts[key]:,}" for key in ("standards_met", "standards_under_half", "out_of_reach")))
                for plan_id in options
            ],
            is_caption_hidden=True,
        ),
        sentence="",
        links=(*votes, reads),
    )  # fmt: skip
