"""The paper that goes to a board about one plan: about five pages in Word, from what is asked of it to the steps that follow.

Every figure comes from where pages and workbook read theirs, so that the three agree to the penny.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from planner import __version__
from planner.audit import AUDITS
from planner.compare import BASELINES, HOW, PROTECTIONS
from planner.effects import (
    NEED_NOTE,
    RARE_LEFT_OUT,
    SMALL_NOTE,
    GroupEffects,
    beside_last_year,
    effects_sentences,
    grant_change,
    group_effects,
    groupings,
    half_days_change,
    need_effects,
    percent_change,
)
from planner.export.plan_facts import Facts, counts_alone
from planner.export.plan_workbook import BOARD_COPY
from planner.export.priced import price_lines
from planner.export.summary import ENDINGS, ILLUSTRATIVE, claims, hundreds, requests_line
from planner.export.word_file import Column, WordFile, number_columns, text_columns
from planner.measures import Standing
from planner.need import ADULT_HOURS, PLACE
from planner.next_year import next_year_pounds, recurring_pounds
from planner.partnership import GRANT_ITEM, DecisionRight, FundUse
from planner.plan import Amounts, Ending
from planner.pots import half_terms_begin
from planner.reasons import OUT_OF_REACH, half_days, lower_first
from planner.rules import FIRST_TO_GIVE_WAY, RULES
from planner.supply import MONTHS, STEP_POUNDS_A_MONTH
from planner.words import EHC_RIGHT, change, count, day, is_before, listed, most_points, pounds, pounds_change, upper_first, way_name

RECOMMENDATION = "Recommendation"
MARK = 16
"""How much of a fingerprint a page shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """What the board has said and done about a plan, in words; ``asked`` is what it is asked to do next."""

    title: str
    state: str
    asked: tuple[str, ...]
    rules: tuple[tuple[str, str], ...]
    interests: tuple[tuple[str, str], ...]
    comments: tuple[tuple[str, str], ...]
    vote: tuple[str, ...]
    dissent: tuple[tuple[str, str], ...]
    next_steps: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a paper says beside the plan's own figures.

    ``word`` and ``sentence`` are the plan's standing, ``certificate`` what its certificate proves ('' where there is none);
    ``others`` are further plans before the board by name; read ``on`` a day, a date before it is said to be past.
    """

    plan_name: str
    word: str
    sentence: str
    is_decided: bool
    certificate: str = ""
    talk: Talk | None = None
    others: tuple[tuple[str, Facts], ...] = ()
    on: dt.date | None = None


def board_paper(facts: Facts, about: About, *, fingerprint: str, inputs_sha256: str, policy_sha256: str) -> bytes:
    """The paper's file: the same plan, talk and day make the same bytes."""
    p = facts.partnership
    undecided = "" if about.is_decided else ": not decided"
    file = WordFile(
        title=f"Board paper: plan for {p.academic_year}",
        head=(f"{p.name}, {p.academic_year}", f"{about.word.upper()}{undecided.upper()}"),
        foot=f"{BOARD_COPY} Fingerprint of the plan {fingerprint[:MARK]}",
    )
    _opening(file, facts, about)
    _asked(file, facts, about, fingerprint)
    _does(file, facts)
    _more_and_less(file, facts)
    _how_close(file, facts, about)
    _equality(file, facts)
    _protections(file, facts)
    _gives_way(file, facts)
    _options(file, facts, about)
    _consultation(file, about)
    _risks(file, facts, about)
    file.heading("Where these figures come from")
    sources = sum(source.is_assumed for source in p.sources)
    file.paragraph(
        f"Every figure comes from the plan whose fingerprint is {fingerprint}. It was made from figures with the fingerprint {inputs_sha256[:MARK]}, "
        f"by the policy {facts.policy.title}, version {facts.policy.version}, fingerprint {policy_sha256[:MARK]}; {facts.plan.engine}; "
        f"Partnership Planner {__version__}. The workbook and the pages of the plan hold the same figures, and more. "
        + (f"{count(sources, 'of its figures is', 'of its figures are')} assumed. " if sources else "")
        + EHC_RIGHT
    )
    return file.to_bytes()


# --- what is asked -----------------------------------------------------------------------


def _opening(file: WordFile, facts: Facts, about: About) -> None:
    p = facts.partnership
    lead = next((s.name for s in p.schools if s.urn == p.lead_school_urn), "")
    who = (("Council", p.council), ("Accountable body", p.accountable_body), ("Lead school", lead))
    file.facts(
        [
            ("For", f"the board of {p.name}, {count(len(p.schools), 'school')}" + (f"; {about.plan_name}" if about.plan_name else "")),
            ("Standing", f"{about.word}. {about.sentence}"),
            *([("Who answers for it", "; ".join(f"{label}: {name}" for label, name in who if name))] if any(n for _, n in who) else []),
            *([("Written", day(about.on.isoformat()))] if about.on is not None else []),
        ]
    )
    if p.is_illustrative():
        file.paragraph("Illustrative: people or funds are assumed, not the partnership's own. Nothing here can be decided on yet.")


def _asked(file: WordFile, facts: Facts, about: About, fingerprint: str) -> None:
    file.heading("1. What is asked of the board")
    here = facts.standing
    asked = about.talk.asked if about.talk is not None else (
        f"Consider the plan whose fingerprint begins {fingerprint[:MARK]} beside the other ways to share the same money (section 8).",
        "Open a decision on it, with the rules of the vote set first, if it is to be voted on.",
    )  # fmt: skip
    waits = any(s.decision_right is DecisionRight.REQUEST for s in facts.partnership.services) or any(
        b.decision_right is DecisionRight.REQUEST for b in facts.partnership.bases
    )
    file.editable(
        RECOMMENDATION,
        (
            *asked,
            f"Note who gets more and who gets less than last year (section 3), and the effects on equality (section 5){_reach(here)}.",
            "Note what must be done by when" + (", and what depends on somebody else's yes" if waits else "") + " (section 10).",
        ),
    )


def _reach(here: Standing) -> str:
    if not here.out_of_reach:
        return ""
    return f", and that {count(here.out_of_reach, 'standard')} {'is' if here.out_of_reach == 1 else 'are'} out of reach of these services, funds and bases"


# --- what the plan does ------------------------------------------------------------------


def _does(file: WordFile, facts: Facts) -> None:
    file.heading("2. What the plan does")
    here = facts.standing
    file.table(
        "Quality standards, each counted once for each school or zone that has the need",
        number_columns(1, "Standards", "Fully met", "Partly met", "Under half", "Out of reach"),
        [tuple(f"{n:,}" for n in (here.standards, here.met, here.partly_met, here.under_half, here.out_of_reach))],
    )
    first, _, time, bases, money, *_ = facts.lines
    file.paragraph(first.removeprefix(ILLUSTRATIVE))
    file.facts([("Specialist time", time), ("Inclusion bases", bases), ("Money", money)])
    held = _held_back(facts)
    if held:
        file.facts([("What holds back what is not met in full", held)])


def _held_back(facts: Facts) -> str:
    """How many standards wait for what, most first."""
    limits = Counter(reason.limited_by for reason in facts.reasons.values())
    if not limits:
        return ""
    said = [f"{n:,} {_limit(facts, limit)}" for limit, n in sorted(limits.items(), key=lambda item: (-item[1], item[0]))]
    return f"of {count(limits.total(), 'standard')}: {listed(said)}."


def _limit(facts: Facts, limit: str) -> str:
    if limit == OUT_OF_REACH:
        return "out of reach"
    if not limit:
        return "with nothing used up, which a longer search may raise"
    if limit == ADULT_HOURS:
        return "for want of money for trained adults"
    return f"for want of {'base places' if limit == PLACE else f'time of the {lower_first(facts.policy.role(limit).name)}'}"


# --- who gets more, who gets less --------------------------------------------------------


def _more_and_less(file: WordFile, facts: Facts) -> None:
    file.heading("3. Who gets more and who gets less")
    known = beside_last_year(facts.ledgers)
    if not known:
        file.paragraph(facts.lines[1])
        return
    for sentence in effects_sentences(facts.ledgers):
        file.paragraph(sentence)
    biggest = sorted(known, key=lambda x: (-abs(grant_change(x)), -abs(half_days_change(x)), x.school.name))
    every = group_effects("All schools", known)
    file.table(
        "Every school beside last year, biggest changes of grant first; grants in pounds a year, half-days for the school itself",
        (Column(heading="School", share=5.2), *number_columns(1.9, "Grant last year", "Grant", "Change"), *number_columns(1.9, "Half-days last year", "Half-days", "Change")),
        [
            *(
                (
                    x.school.name, pounds(x.last_year_grant_pounds or 0), pounds(x.grant_pounds), pounds_change(grant_change(x)),
                    f"{x.last_year_sessions or 0:,}", f"{x.own_sessions:,}", change(half_days_change(x)),
                )
                for x in biggest
            ),
            (
                "All schools", pounds(every.grants_last_pounds), pounds(every.grants_last_pounds + every.grants_change_pounds),
                pounds_change(every.grants_change_pounds), f"{every.half_days_last:,}", f"{every.half_days_last + every.half_days_change:,}",
                change(every.half_days_change),
            ),
        ],
        has_total=True,
    )  # fmt: skip
    unknown = [x.school.name for x in facts.ledgers if x.last_year_grant_pounds is None]
    if unknown:
        file.paragraph(f"Last year is not known for {listed(unknown)}.")


# --- how close ---------------------------------------------------------------------------


def _how_close(file: WordFile, facts: Facts, about: About) -> None:
    file.heading("4. How close to the best these rules allow, and how it is proved")
    audit = f"holds or gives way at the board's price ({count(len(facts.misses), 'place')})" if facts.misses else "holds"
    file.facts(
        [
            ("Bound", facts.lines[6]),
            (
                "Certificate",
                about.certificate
                or "none is there, so nobody has checked the bound apart from the program that found it; the plan's own figures do not rest on it.",
            ),
            (
                "Audit",
                f"every total, every standard and all need met was worked out again from the amounts, without the solver, and every rule that is on {audit}.",
            ),
        ]
    )
    file.paragraph(claims(facts.plan, facts.world)[-1])


# --- equality ----------------------------------------------------------------------------


def _equality(file: WordFile, facts: Facts) -> None:
    file.heading("5. Effects on equality")
    *kinds, total = need_effects(facts.world, facts.amounts)
    file.table(
        "By need: pupils expected, and how many standards stand where",
        (Column(heading="Need", share=4.4), *number_columns(2.1, "Pupils expected", "Standards", "Fully met", "Under half", "Out of reach", "Percent fully met")),
        [
            (
                x.name, f"{x.expected_pupils:,}", f"{x.standards:,}", f"{x.met:,}", f"{x.under_half:,}", f"{x.out_of_reach:,}",
                "none" if x.percent_met is None else f"{x.percent_met}%",
            )
            for x in (*kinds, total)
        ],
        has_total=True,
    )  # fmt: skip
    known = beside_last_year(facts.ledgers)
    if known:
        groups = groupings(facts.partnership.schools, facts.ledgers)
        file.table(
            "By phase, deprivation, size and place: schools beside last year",
            (*text_columns(("Kind", 2.2), ("Schools", 3.6)), *number_columns(1.6, "How many", "Grant more", "Grant less", "Grants, change", "Percent", "Half-days, change", "Percent")),
            [
                *((grouping.short, *_group(group)) for grouping in groups for group in grouping.groups),
                ("All", *_group(group_effects("All schools", known))),
            ],
            has_total=True,
        )  # fmt: skip
    file.paragraph(
        f"{NEED_NOTE} {SMALL_NOTE} Half-days are those for schools themselves; {RARE_LEFT_OUT}. "
        "Expected pupils are estimates from the size and area of schools, never counts of named children."
    )


def _group(group: GroupEffects) -> tuple[str, ...]:
    return (
        group.name, f"{group.schools:,}", f"{group.grants_more:,}", f"{group.grants_less:,}",
        pounds_change(group.grants_change_pounds), percent_change(group.grants_change_pounds, group.grants_last_pounds),
        change(group.half_days_change), percent_change(group.half_days_change, group.half_days_last),
    )  # fmt: skip


# --- protections and what gives way ------------------------------------------------------


def _protections(file: WordFile, facts: Facts) -> None:
    file.heading("6. Protections, and what they cost")
    on = [rule_id for rule_id in PROTECTIONS if facts.policy.is_on(rule_id)]
    formula = next((b.amounts for b in facts.plan.baselines if b.name == "formula"), None)
    file.paragraph(
        "A protection keeps something for a school before need decides. What it costs is shown beside a share by formula, in which every school gets "
        "a part in proportion to its need: where that falls below the protection, the difference is what others go without. How much more need could be met "
        "without each is a search of its own; anyone can have it made for this plan on a computer with this planner."
        if formula is not None
        else "A protection keeps something for a school before need decides. No share by formula was worked out beside this plan, so what each costs is not known."
    )
    file.table(
        "The board's and heads' protections",
        text_columns(("Protection", 5), ("In this plan", 4), ("Shared by formula instead", 4)),
        [(RULES[rule_id].sentence, _kept(facts, rule_id), _by_formula(facts, rule_id, formula)) for rule_id in on],
    )


def _kept(facts: Facts, rule_id: str) -> str:
    """Whether a protection is kept, how much it holds, and how many stand on it."""
    missed = sum(miss.rule.rule_id == rule_id for miss in facts.misses)
    kept = f"Gives way at the board's price in {count(missed, 'place')}." if missed else "Kept."
    board, amounts = facts.policy.board, facts.amounts
    granted: Counter[int] = Counter()
    for (urn, _), n in amounts.grants.items():
        granted[urn] += n
    last = facts.partnership.last_year
    if rule_id == "money_floor":
        least = {row.urn: ceil(row.amount * (100 + board.money_floor_now_percent) / 100) for row in last if row.item == GRANT_ITEM}
        on_it = sum(floor > 0 and granted[urn] - floor < STEP_POUNDS_A_MONTH * MONTHS for urn, floor in least.items())
        if not any(least.values()):
            return f"{kept} No grant of last year is known, so it holds nothing."
        return f"{kept} It keeps {pounds(sum(least.values()))} of grants; {count(on_it, 'school stands', 'schools stand')} on it, within a step of £10 a month."
    if rule_id == "sessions_floor":
        floors = {
            (str(row.urn), row.item): ceil(row.amount * (100 + board.sessions_floor_percent) / 100)
            for row in last
            if row.item != GRANT_ITEM
        }
        on_it = sum(0 < floor == amounts.sessions.get(at, 0) for at, floor in floors.items())
        if not any(floors.values()):
            return f"{kept} No half-days of last year are known, so it holds nothing."
        return f"{kept} It keeps {half_days(sum(floors.values()))}; {count(on_it, 'amount stands', 'amounts stand')} on it."
    if rule_id == "pupils_now_kept":
        return f"{kept} {count(sum(b.pupils_now for b in facts.partnership.bases), 'place')} for pupils there now."
    if rule_id == "head_rule":
        rules = len(facts.partnership.head_rules)
        return f"{kept} {count(rules, 'rule')} of heads." if rules else "No head set a rule."
    return kept


def _by_formula(facts: Facts, rule_id: str, formula: Amounts | None) -> str:
    if formula is None:
        return "Not known."
    missed = [by for _, by in AUDITS[rule_id](facts.world, formula) if by > 0]
    if not missed:
        return "Would keep it too: it costs nothing."
    unit = RULES[rule_id].unit
    total = ceil(sum(missed, Fraction(0)))
    if unit == "pounds":
        return f"Would leave {count(len(missed), 'school')} {pounds(total)} below it."
    if unit == "half-day sessions":
        return f"Would leave {count(len(missed), 'amount')} of time {half_days(total)} below it."
    return f"Would break it in {count(len(missed), 'place')}."


def _gives_way(file: WordFile, facts: Facts) -> None:
    file.heading("7. What gives way first")
    priced = price_lines(facts.world, facts.amounts)
    for line in priced or ("In this plan no rule gives way: the board lets none do so at a price, and every rule that is on is kept.",):
        file.paragraph(line)
    used: Counter[FundUse] = Counter()
    for account in facts.accounts:
        for use, n in account.by_use:
            used[use] += n
    pot = sum(account.moderated_pot for account in facts.accounts)
    held = [
        f"{hundreds(n)} of {what}"
        for n, what in ((used[FundUse.CONTINGENCY], "contingency"), (pot, "money released to the moderated pot"))
        if n
    ]
    file.paragraph(
        (f"Against the unexpected the plan holds {listed(held)}. " if held else "The plan holds no money against the unexpected. ")
        + "If money or people fall short during the year and no plan keeps every rule, these give way in this order, each as little as it can, "
        "and only where who owns the rule agrees."
    )
    order = [RULES[rule_id] for rule_id in FIRST_TO_GIVE_WAY if facts.policy.is_on(rule_id)]
    file.table(
        "The order in which rules give way",
        text_columns(("Order", 1.3), ("Rule", 10), ("Who must agree", 2.4)),
        [(f"{n}", rule.sentence, upper_first(rule.relaxed_by or "nobody")) for n, rule in enumerate(order, start=1)],
    )


# --- options -----------------------------------------------------------------------------


def _options(file: WordFile, facts: Facts, about: About) -> None:
    file.heading("8. Options considered")
    ways = [(way_name(w.name), w.amounts, w.standing, f"{len(w.rules_broken):,}" if w.rules_broken else "none") for w in facts.ways]
    if about.plan_name:
        ways[0] = (f"{about.plan_name} (this plan)", *ways[0][1:])
    ways += [(name, other.amounts, other.standing, "none") for name, other in about.others]
    line = f"{float(facts.policy.board.line_percent):g}"
    file.table(
        f"Ways to share{'' if about.others else ' the same money'}: standards, and points of need below the board's line of {line}%",
        (
            Column(heading="Way", share=4),
            *number_columns(1.9, "Fully met", "Under half", "Points below the line", "Grants", "Half-days", "Base places", "Rules it breaks"),
        ),
        [
            (
                name, f"{s.met:,}", f"{s.under_half:,}", most_points(s.shortfall_points), pounds(sum(amounts.grants.values())),
                f"{sum(amounts.sessions.values()):,}", f"{sum(amounts.places.values()):,}", broken,
            )
            for name, amounts, s, broken in ways
        ],
    )  # fmt: skip
    for sentence in counts_alone(facts):
        file.paragraph(sentence)
    file.facts([(BASELINES.get(b.name, way_name(b.title.partition(" (")[0])), HOW[b.name]) for b in facts.plan.baselines if b.name in HOW])
    if not facts.plan.baselines:
        file.paragraph(facts.lines[7])


# --- consultation ------------------------------------------------------------------------


def _consultation(file: WordFile, about: About) -> None:
    file.heading("9. Consultation so far")
    talk = about.talk
    if talk is None:
        file.paragraph(
            "No decision has been opened on this plan as far as this paper knows, so there are no declarations of interest, comments or votes. "
            "Once one is opened, members declare their interests, comment and vote, and a new paper carries what was said."
        )
        return
    file.paragraph(f"{talk.title}. {talk.state}")
    file.heading("Rules of the vote, set before it", 2)
    file.facts(talk.rules)
    file.heading("Interests declared", 2)
    if talk.interests:
        file.table("Interests declared", text_columns(("Who", 4), ("What", 11)), talk.interests)
    else:
        file.paragraph("Nobody has declared anything yet.")
    file.heading("Comments", 2)
    _said(file, talk.comments, "Nobody has commented yet.")
    file.heading("Votes", 2)
    for sentence in talk.vote:
        file.paragraph(sentence)
    file.heading("Dissent, word for word", 2)
    _said(file, talk.dissent, "None is recorded.")


def _said(file: WordFile, said: Sequence[tuple[str, str]], nothing: str) -> None:
    for who, text in said:
        file.quote(who, text)
    if not said:
        file.paragraph(nothing)


# --- risks and steps ---------------------------------------------------------------------


def _risks(file: WordFile, facts: Facts, about: About) -> None:
    file.heading("10. Risks and next steps")
    p, plan = facts.partnership, facts.plan
    cost, comes = next_year_pounds(p, facts.policy, facts.amounts), recurring_pounds(p)
    over = "more than comes" if cost > comes else "no more than comes"
    risks = [
        requests_line(plan, facts.world, about.on),
        f"Next year the same plan would cost {hundreds(cost)}, which is {over} every year ({hundreds(comes)}), at this year's prices.",
        *([f"{half_days(sum(u.half_days for u in plan.roster.undelivered))} of the plan wait for names: nobody in the services can give them yet."]
          if plan.roster is not None and plan.roster.undelivered else []),
        *([ENDINGS[plan.ending]] if plan.ending is not Ending.WITHIN_GAP else []),
    ]  # fmt: skip
    file.bullets(risks)
    steps = _steps(facts, about)
    if steps:
        file.table("Next steps, those with a date first", text_columns(("By", 3.4), ("What", 9), ("Who", 4)), steps)


def _steps(facts: Facts, about: About) -> list[tuple[str, str, str]]:
    """By when, what, who."""
    p = facts.partnership
    dated: list[tuple[str, str, str, str]] = []
    undated: list[tuple[str, str, str]] = []

    def add(by: str, what: str, who: str) -> None:
        if by:
            passed = " (has passed)" if about.on is not None and is_before(by, about.on) else ""
            dated.append((by, f"{day(by)}{passed}", what, who))
        else:
            undated.append(("No date given", what, who))

    undated += [("Next", step, "The board") for step in (about.talk.next_steps if about.talk is not None else ())]
    for service in p.services:
        given = facts.given(service.service_id)
        if not given:
            continue
        what, is_asked = f"{half_days(given)} of {service.name}", service.decision_right is DecisionRight.REQUEST
        to = upper_first(service.request_to or service.employer or service.name)
        if is_asked and service.request_by == service.order_by:
            add(service.request_by, f"Ask for and order {what}", to)
            continue
        if is_asked:
            add(service.request_by, f"Ask for {what}", to)
        if service.order_by:
            add(service.order_by, f"Order {what}", "The partnership")
    begins = half_terms_begin(p, facts.policy)
    hosts = {school.urn: school.name for school in p.schools}
    for base in p.bases:
        size = facts.amounts.base_sizes.get(base.base_id, 0)
        if size and base.decision_right is DecisionRight.REQUEST:
            add(
                base.request_by,
                f"Ask for {count(size, 'place')} of {base.name}",
                upper_first(base.request_to or p.council or "the council"),
            )
        if size and not base.is_open:
            begin = begins[base.opens_in_half_term - 1].isoformat()
            add(begin, f"{base.name} opens with {count(size, 'place')}", hosts.get(base.host_urn, "Its host"))
    return [*((by, what, who) for _, by, what, who in sorted(dated)), *undated]
