"""How good the plan is: the claims it may make, and other ways to share beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from planner.audit import leads, price_points
from planner.certificate import MOST_SCHOOLS, TOO_MANY_SCHOOLS
from planner.compare import HOW
from planner.documents import Json
from planner.export.plan_facts import Way
from planner.export.priced import price_note
from planner.export.summary import ENDINGS, claims
from planner.measures import base_pounds, specialist_time_pounds
from planner.rules import RULES
from planner.store import AnswerKind
from planner.store.answers import OF_EVERY_PLAN, Answer
from planner.words import day, least_points, most_points
from web.charts import BarLine, Bars, Kind, bars
from web.plans.presenters.answers import FIGURES, Known, Stands, document_of, known, stands, with_price
from web.plans.presenters.cells import money, points_below, points_met, rules, whole
from web.plans.presenters.frame import plan_url, to_take
from web.plans.presenters.needs import STANDS
from web.shelf import KeptPlan
from web.tables import Fact, TableRow, TableView, numbers, row, table, words
from web.words import count, listed, upper_first, way_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one answer says of the plan, or how it stands while it says nothing yet."""

    stands: Stands
    sentences: tuple[str, ...]
    examples: tuple[str, ...] = ()
    known: Known | None = None
    file_href: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Further:
    """A page with more about how good the plan is."""

    text: str
    href: str
    about: str
    stands: Stands


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityView:
    """How good is this plan: claims (c), (b) and (a), its certificate, the needs furthest from the standard, and where to read on."""

    claims: tuple[str, ...]
    ending: str
    figures: str
    price_note: tuple[str, ...]
    certificate: Said
    split: Said
    moves: Said
    furthest: Said
    further: tuple[Further, ...]
    under_way: str
    ask_href: str
    plan_file: str
    facts: tuple[Fact, ...]


FURTHER = (
    (AnswerKind.FRONTIER, "plans.trade_offs", "Between the fairest plan and the most need met",
     "What it costs in need met overall to leave less need far from the standard, and the money that would give both."),
    (AnswerKind.VALUES, "plans.one_more", "What one more would be worth",
     "One to five half-days more of each service, £10,000 more in each fund, a larger base."),
    (AnswerKind.DOSES, "plans.doses", "If the doses were wrong",
     "Which schools' amounts would change if every standard took a fifth less, or a fifth more, time."),
)  # fmt: skip
"""The pages that each belong to one answer: their addresses, what they are called and what is on them."""


def quality(kept: KeptPlan, found: Mapping[AnswerKind, Answer], *, plan_file: str, may_ask: bool = False) -> QualityView:
    """The claims and no more, how the search ended, and what to check it by; ``plan_file`` is what the plan is called when it is taken away."""
    facts = kept.facts
    standing: dict[AnswerKind, Stands] = {kind: stands(kind, found.get(kind), may_ask=may_ask) for kind in OF_EVERY_PLAN}
    if len(facts.partnership.schools) > MOST_SCHOOLS:
        standing[AnswerKind.CERTIFICATE] = no_certificate()
    going = sum(one.is_going for one in standing.values())
    claim = document_of(found.get(AnswerKind.CLAIMS))
    return QualityView(
        claims=claims(facts.plan, facts.world),
        ending=ENDINGS[facts.plan.ending],
        figures=FIGURES,
        price_note=price_note(facts.policy),
        certificate=_certificate(kept, standing[AnswerKind.CERTIFICATE], document_of(found.get(AnswerKind.CERTIFICATE))),
        split=_split(kept, standing[AnswerKind.CLAIMS], claim),
        moves=_moves(standing[AnswerKind.CLAIMS], claim),
        furthest=_furthest(standing[AnswerKind.FURTHEST], document_of(found.get(AnswerKind.FURTHEST))),
        further=tuple(
            Further(text=text, href=plan_url(kept, endpoint), about=about, stands=standing[kind]) for kind, endpoint, text, about in FURTHER
        ),
        under_way=_under_way(going),
        ask_href=plan_url(kept, "plans.ask_answers") if any(one.can_ask for one in standing.values()) else "",
        plan_file=plan_file,
        facts=(
            Fact(label="The board's line", text=f"{float(facts.policy.board.line_percent):g} percent of each need"),
            Fact(label="Policy", text=f"{facts.policy.title}, version {facts.policy.version}, {day(facts.policy.date)}"),
            Fact(label="Made by", text=facts.plan.engine),
            Fact(label="Fingerprint", text=kept.fingerprint),
            Fact(label="Fingerprint of the figures", text=kept.inputs_sha256),
            Fact(label="Fingerprint of the policy", text=kept.policy_sha256),
        ),
    )


def _under_way(going: int) -> str:
    if not going:
        return ""
    return (
        f"{count(going, 'part')} of what can be said of this plan {'is' if going == 1 else 'are'} not there yet. "
        "It goes on by itself whenever no plan waits to be made. You can close this page and come back."
    )


def no_certificate() -> Stands:
    """How the certificate of a plan stands whose partnership is too large for one."""
    return Stands(kind=AnswerKind.CERTIFICATE, is_there=False, is_going=False, sentence=TOO_MANY_SCHOOLS, tag="", can_ask=False)


def _certificate(kept: KeptPlan, standing: Stands, found: Json | None) -> Said:
    if found is None:
        return Said(stands=standing, sentences=())
    return Said(
        stands=standing, sentences=(certificate_sentence(found),), file_href=plan_url(kept, "plans.answer_file", kind=AnswerKind.CERTIFICATE.value)
    )  # fmt: skip


def certificate_sentence(found: Json) -> str:
    """What a plan's certificate proves, from the answer that holds it."""
    least, gap = least_points(found["certified_points"]), most_points(found["gap_points"])
    within = f"this plan is within {gap} points of the best" if found["gap_points"] else "no plan leaves less than this one"
    stated = most_points(found["stated_gap_points"])
    rest = (
        "That is all the distance the plan states."
        if float(gap) <= float(stated)
        else f"The plan states a smaller distance, {stated} points: nobody has checked the difference apart from the program that made the plan."
    )
    return (
        f"Checked exactly, without the solver, in {count(found['cases'], 'case')}: no plan within these rules and figures leaves less than "
        f"{least} points of need below the line, so {within}. {rest}"
    )


def _split(kept: KeptPlan, standing: Stands, found: Json | None) -> Said:
    if found is None:
        return Said(stands=standing, sentences=())
    split = found["if_split"]
    here = leads(kept.facts.world, kept.facts.amounts)
    sentence = (
        "What these bases could leave if half-days and places could be split was not found in the time given."
        if split["bound_points"] is None
        else f"If half-days and places could be split, these bases could leave no less than {least_points(split['bound_points'])} points of need "
        f"below the line{with_price(kept.facts.policy)}; this plan leaves {most_points(here)}. Half-days and places come whole, so no real plan with these bases need come so low."
    )
    return Said(
        stands=standing, sentences=(sentence,), known=known(split["searches"], "the same bases, with half-days and places split")
    )  # fmt: skip


def _moves(standing: Stands, found: Json | None) -> Said:
    if found is None:
        return Said(stands=standing, sentences=())
    one = found["checked_one_by_one"]
    if one["holds"]:
        sentence = (
            f"Checked one by one: none of {one['weighed']:,} moves of one half-day, one place or £10 a month between two schools within the "
            "rules lifts a need that is below the line without lowering one no better met."
        )
        return Said(stands=standing, sentences=(sentence,))
    sentences = [
        (
            "It may not be said of this plan that no single move lifts a need below the line without lowering another that is met no better: "
            "some were found."
        )
    ]
    if one["within"]:
        sentences.append(
            f"{count(len(one['within']), 'need')} below the line could be lifted by {'its' if len(one['within']) == 1 else 'their'} own school or "
            "zone, from needs of its own that are better met: the plan leaves them where a half-day or an hour meets most."
        )
    if one["moves"]:
        moves = count(len(one["moves"]), "need")
        sentences.append(f"{moves} could be lifted by a move between two schools or zones; {one['weighed']:,} moves were weighed.")
    return Said(stands=standing, sentences=tuple(sentences), examples=tuple(upper_first(move["sentence"]) for move in one["moves"]))


def _furthest(standing: Stands, found: Json | None) -> Said:
    if found is None:
        return Said(stands=standing, sentences=())
    sentence = (
        f"In this plan the fifth of need that is furthest from the standard is met to {least_points(found['plan_points'])} percent. The most that the "
        f"searches found any plan to reach is {least_points(found['found_points'])} percent, and no plan can reach more than {most_points(found['bound_points'])}."
    )
    price = found.get("found_price_points")
    if price:
        sentence += f" What any plan can reach is counted less the price of rules that give way, which is {most_points(price)} points in the plan found."
    why_less = "The plan leads with the need below the board's line, not with this fifth, so it need not reach the most."
    return Said(
        stands=standing, sentences=(sentence, why_less), known=known(found["searches"], "the fifth of need furthest from the standard")
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenRules:
    """The rules that another way to share breaks."""

    way: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherWaysView:
    """Other ways to share the same pool."""

    line: str
    how: tuple[Fact, ...]
    below: Bars
    stands: Bars
    measures: TableView
    broken: tuple[BrokenRules, ...]


def _priced_rows(kept: KeptPlan) -> list[TableRow]:
    """What the rules that give way cost in each way to share, where any may."""
    facts = kept.facts
    if not facts.policy.has_prices:
        return []
    return [row("Price of rules that give way, points", *(points_below(float(price_points(facts.world, w.amounts))) for w in facts.ways))]


def other_ways(kept: KeptPlan) -> OtherWaysView:
    """A row for each measure, a column for each way."""
    facts = kept.facts
    ways = facts.ways
    line = f"{float(facts.policy.board.line_percent):g}"
    rows = [
        row("Standards fully met", *(whole(w.standing.met) for w in ways)),
        row("Standards partly met", *(whole(w.standing.partly_met) for w in ways)),
        row("Standards under half", *(whole(w.standing.under_half) for w in ways)),
        row("Standards out of reach", *(whole(w.standing.out_of_reach) for w in ways)),
        row(f"Need below the board's line of {line} percent, points", *(points_below(w.standing.shortfall_points) for w in ways)),
        row("Need met, points", *(points_met(w.standing.need_met_points) for w in ways)),
        row("Met of the fifth of need furthest from the standard, percent", *(points_met(w.standing.worst_fifth_points) for w in ways)),
        row("Grants to schools", *(money(sum(w.amounts.grants.values())) for w in ways)),
        row("Specialist time at its price", *(money(specialist_time_pounds(facts.partnership, w.amounts)) for w in ways)),
        row("Running bases", *(money(base_pounds(facts.partnership, facts.policy, w.amounts)) for w in ways)),
        row("Half-days given", *(whole(sum(w.amounts.sessions.values())) for w in ways)),
        row("Base places given to zones", *(whole(sum(w.amounts.places.values())) for w in ways)),
        *_priced_rows(kept),
        row("Rules it breaks", *(rules(w.rules_broken) for w in ways)),
    ]
    headings = (*words("Measure"), *numbers(*(way_name(w.name) for w in ways)))
    return OtherWaysView(
        line=line,
        how=tuple(
            Fact(label=way_name(way.name), text=HOW[b.name]) for way, b in zip(ways[1:], facts.plan.baselines, strict=True) if b.name in HOW
        ),
        below=bars(
            anchor="below-chart",
            title=f"Need below the board's line of {line} percent, in points: less is better",
            kinds=[Kind(fill="dots", words="below the line")],
            has_key=False,
            lines=[
                BarLine(
                    name=way_name(w.name),
                    amounts=(w.standing.shortfall_points,),
                    figure=most_points(w.standing.shortfall_points),
                    note=_breaks(w),
                )
                for w in ways
            ],
        ),
        stands=bars(anchor="ways-chart", title="Where the standards stand", kinds=STANDS, lines=[_stands(way) for way in ways]),
        measures=to_take(kept, "other-ways", table("The plan beside other ways to share", headings, rows)),
        broken=tuple(
            BrokenRules(way=way_name(w.name), sentences=tuple(RULES[rule_id].sentence for rule_id in w.rules_broken))
            for w in ways
            if w.rules_broken
        ),
    )


def _breaks(way: Way) -> str:
    return f"Breaks {count(len(way.rules_broken), 'rule')}" if way.rules_broken else ""


def _stands(way: Way) -> BarLine:
    s = way.standing
    numbers_of = (s.met, s.partly_met, s.under_half, s.out_of_reach)
    said = listed([f"{n:,} {kind.words}" for n, kind in zip(numbers_of, STANDS, strict=True) if n])
    return BarLine(
        name=way_name(way.name), amounts=numbers_of, figure="", note=upper_first(said or "No school has a need that standards cover")
    )
