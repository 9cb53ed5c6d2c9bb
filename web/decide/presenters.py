"""The words of the pages of decisions: the list, one decision with what comes next, its minutes and signatures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import url_for

from planner.store import SignStep, Transaction, VoteState
from planner.store.decisions import BoardDecision, Comment, Interest, Place, Signature, places_of
from planner.store.proposals import ProposalRow
from planner.voting import Outcome
from planner.words import day
from web.access import MAY, Permission, User
from web.decide.minutes import Part, parts_of, schools_said
from web.decide.result import (
    ballots_of,
    choice_said,
    counted,
    dissents,
    hosting,
    hosts_for,
    latest,
    options_of,
    result_said,
    rules_said,
    votes_said,
)
from web.fates import fates
from web.names import name_of, partnership_name, school_name, school_names, whose
from web.plans.presenters.schools import more_and_less
from web.shelf import KeptPlan, Shelf
from web.standing import Standing, next_signer, signer, standing_of, trusts_of, unconfirmed
from web.tables import MOST_SHOWN, Fact, TableCell, TableView, numbers, row, table, words
from web.words import change, count, listed, moment, pounds_change, upper_first

STATES = {VoteState.PREPARED: ("Being talked about", "yellow"), VoteState.OPEN: ("Vote open", "blue"), VoteState.CLOSED: ("Closed", "grey")}
OUTCOMES = {
    Outcome.CARRIED: "Carried", Outcome.NO_QUORUM: "Too few voted", Outcome.NO_MAJORITY: "None carried",
    Outcome.ONLY_WITH_HOSTS: "None carried without hosts",
}  # fmt: skip


def address(decision: BoardDecision, name: str = "decide.decision", **more: object) -> str:
    """The address of one of a decision's pages."""
    return url_for(name, partnership_id=decision.partnership_id, decision_id=decision.id, **more)  # type: ignore[arg-type]


def board_of(tx: Transaction, partnership_id: int) -> tuple[int, ...]:
    """Who may vote in a partnership now."""
    here = tx.people.members(partnership_id=partnership_id)
    return tuple(sorted({m.user_id for m in here if Permission.VOTE in MAY[m.role] and m.disabled_at is None}))


def set_now(decision: BoardDecision, plans: tuple[int, ...]) -> tuple[Fact, ...]:
    """What is to be decided and by which rules, as it stands."""
    return (
        Fact(label="What is to be decided", text=decision.title),
        Fact(label="Plans before the board", text=upper_first(listed([f"plan {plan_id}" for plan_id in plans]))),
        *(Fact(label=label, text=text) for label, text in rules_said(decision)),
    )


# --- the list --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionsView:
    """All decisions of a partnership."""

    partnership: str
    new_href: str
    has_plans: bool
    listed: TableView


def decisions_view(tx: Transaction, user: User, partnership_id: int) -> DecisionsView:
    """Every decision, newest first."""
    may_open = user.may(Permission.OPEN_AND_CLOSE_VOTES, partnership_id)
    return DecisionsView(
        partnership=partnership_name(tx, partnership_id),
        new_href=url_for("decide.new", partnership_id=partnership_id) if may_open else "",
        has_plans=bool(tx.plans.plans(partnership_id=partnership_id)),
        listed=table(
            "All decisions",
            words("Decision", "Plans", "Opened", "State", "Result"),
            [
                row(
                    TableCell(text=f"{one.id}. {one.title}", href=address(one)),
                    listed([f"{plan_id}" for plan_id in tx.decisions.options(decision_id=one.id)]),
                    moment(one.opened_at),
                    TableCell(text=STATES[one.state][0], tag=STATES[one.state][1]),
                    "Not yet" if one.outcome is None else _outcome(one, tx.decisions.signatures(decision_id=one.id)),
                )
                for one in tx.decisions.decisions(partnership_id=partnership_id)
            ],
        ),
    )


def _outcome(decision: BoardDecision, given: tuple[Signature, ...]) -> str:
    assert decision.outcome is not None
    if decision.carried_plan_id is None:
        return OUTCOMES[decision.outcome]
    needed = places_of(decision, ())
    is_signed = {(s.step, s.trust) for s in given} >= set(needed)
    return f"Plan {decision.carried_plan_id}, {'signed' if is_signed else 'to be signed by ' + next_signer(needed, given)}"


# --- one decision ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionView:
    """One plan before the board."""

    title: str
    standing: Standing
    sentences: tuple[str, ...]
    hosts: str
    fingerprint: str
    plan_href: str
    effects_href: str
    paper_href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentView:
    """One comment: who, when, on what, in which words; withdrawn ones keep their place without their words."""

    who_and_when: str
    about: str
    text: str
    withdrawn: str
    withdraw_href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalLine:
    """A proposal beside a decision: how it stands, and the way to make it an option, '' where there is none."""

    title: str
    sent: str
    word: str
    colour: str
    href: str
    option_href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionView:
    """One decision, and what who is asking may do next."""

    partnership: str
    number: int
    title: str
    state: str
    colour: str
    version: int
    history: str
    options: tuple[OptionView, ...]
    own: TableView | None
    proposals: tuple[ProposalLine, ...]
    proposals_note: str
    meeting_href: str
    rules: tuple[Fact, ...]
    change_href: str
    interests: TableView
    declare_href: str
    comments: tuple[CommentView, ...]
    all_comments: str
    no_comments: str
    may_comment: bool
    next_sentence: str
    next_links: tuple[tuple[str, str], ...]
    open_vote_href: str
    cannot_open: str
    vote: str
    own_vote: str
    result: str
    tally: TableView | None
    votes: TableView | None
    dissent: tuple[tuple[str, str], ...]
    signatures: TableView | None


def decision_view(tx: Transaction, shelf: Shelf, user: User, decision: BoardDecision, *, is_all: bool = False) -> DecisionView:
    """One decision with all that was said and done about it; of many comments the newest, unless all are asked for."""
    here = decision.partnership_id
    options = options_of(tx, shelf, decision)
    names = school_names(shelf, here)
    interests, votes = tx.decisions.interests(decision_id=decision.id), tx.decisions.votes(decision_id=decision.id)
    comments = tx.decisions.comments(decision_id=decision.id)
    shown = comments if is_all else comments[-MOST_SHOWN:]
    sent = [one for one in tx.proposals.proposals_of(partnership_id=here) if one.withdrawn_at is None]
    said = (
        {one.user_id for one in interests},
        {one.user_id for one in votes},
        {one.user_id for one in comments},
        {one.author for one in sent},
    )
    tx.people.know(set().union(*said))
    roll, mine = tx.decisions.roll(decision_id=decision.id), latest(interests).get(user.user_id)
    is_closed, reads_votes = decision.state is VoteState.CLOSED, user.may(Permission.COMMENT, here)
    tally = counted(tx, decision, options) if is_closed else None
    given = tx.decisions.signatures(decision_id=decision.id)
    board = board_of(tx, here)
    cannot_open = _cannot_open(decision, len(board))
    chairs = user.may(Permission.OPEN_AND_CLOSE_VOTES, here)
    own_vote = next((vote for vote in votes if vote.user_id == user.user_id), None)
    sentence, links = _next(
        tx,
        user,
        decision,
        has_declared=mine is not None,
        has_voted=own_vote is not None,
        roll=roll,
        trusts=carried_trusts(decision, options),
    )
    return DecisionView(
        partnership=partnership_name(tx, here),
        number=decision.id,
        title=decision.title,
        state=STATES[decision.state][0],
        colour=STATES[decision.state][1],
        version=decision.version,
        history=_history(tx, decision),
        options=tuple(_option(tx, decision, kept, names) for kept in options.values()),
        own=_own(options, names, mine.schools if mine is not None else user.urns_in(here)),
        proposals=_proposals(tx, decision, names, sent, chairs=chairs),
        proposals_note=_proposals_note(decision, chairs=chairs),
        meeting_href=url_for("meeting.page", partnership_id=here, decision=decision.id)
        if user.may(Permission.VOTE, here) and not is_closed else "",
        rules=tuple(Fact(label=label, text=text) for label, text in rules_said(decision)),
        change_href=address(decision, "decide.change") if chairs and decision.state is VoteState.PREPARED else "",
        interests=_interests(tx, interests, names, options),
        declare_href=address(decision, "decide.interests") if mine is not None and not is_closed else "",
        comments=tuple(_comment(tx, user, decision, one) for one in shown),
        all_comments=f"Show all {len(comments):,} comments, not only the newest {len(shown):,}" if len(shown) < len(comments) else "",
        no_comments="Nobody commented." if is_closed else "Nobody has commented yet.",
        may_comment=reads_votes and not is_closed and mine is not None,
        next_sentence=sentence,
        next_links=links,
        open_vote_href=address(decision, "decide.open_vote") if chairs and decision.state is VoteState.PREPARED and not cannot_open else "",
        cannot_open=cannot_open if chairs and decision.state is VoteState.PREPARED else "",
        vote=vote_sentence(decision, len(votes), len(roll)),
        own_vote="" if own_vote is None else f"You voted: {choice_said(own_vote.say, own_vote.plan_id)}."
        + (f" Your reason: {own_vote.reason}" if own_vote.reason else ""),
        result="" if tally is None
        else result_said(decision, tally, len(roll), hosts_for(tally, ballots_of(votes, interests), options)),
        tally=None if tally is None else table(
            "What each choice has, in votes", (*words("Choice"), *numbers("Votes")), [row(*line) for line in votes_said(tally)],
        ),
        votes=_votes(tx, decision) if is_closed and reads_votes else None,
        dissent=tuple(
            (f"{name_of(tx, vote.user_id)}: {choice_said(vote.say, vote.plan_id).lower()}", vote.reason or "No reason was given.")
            for vote in dissents(votes, decision)
        ) if is_closed and reads_votes else (),
        signatures=signatures_table(tx, decision, given, options) if is_closed else None,
    )  # fmt: skip


def _proposals(
    tx: Transaction, decision: BoardDecision, names: dict[int, str], sent: list[ProposalRow], *, chairs: bool
) -> tuple[ProposalLine, ...]:
    """What was sent to the board and is not withdrawn; of a closed decision only what was an option in it."""
    options = tx.decisions.options(decision_id=decision.id)
    lines = []
    stand = fates(tx, tuple(sent), decision.partnership_id)
    for one in sent:
        fate = stand[one.id]
        is_option = fate.plan_id in options
        if is_option or decision.state is not VoteState.CLOSED:
            may_add = chairs and decision.state is VoteState.PREPARED and not is_option
            lines.append(
                ProposalLine(
                    title=f"Proposal {one.id}: {one.title}",
                    sent=f"{whose(tx, names, one)}, {moment(one.submitted_at)}",
                    word=f"Plan {fate.plan_id} above" if is_option else fate.word,
                    colour="green" if is_option else fate.colour,
                    href=url_for("proposals.proposal", partnership_id=decision.partnership_id, proposal_id=one.id),
                    option_href=address(decision, "decide.add_proposal", proposal_id=one.id) if may_add else "",
                )
            )
    return tuple(lines)


def _proposals_note(decision: BoardDecision, *, chairs: bool) -> str:
    if decision.state is VoteState.CLOSED:
        return "These were options in this decision."
    if decision.state is VoteState.OPEN:
        return "The vote is open, so no option can be added. What is not an option here can be one in another decision."
    adds = "You can make each an option" if chairs else "The chair can make each an option"
    return f"{adds} until the vote opens: it is then kept as a plan of its own, checked again, and can be commented on like any other."


def _history(tx: Transaction, decision: BoardDecision) -> str:
    parts = [f"Opened by {name_of(tx, decision.opened_by)}, {moment(decision.opened_at)}."]
    if decision.vote_opened_at is not None:
        parts.append(f"Vote opened by {name_of(tx, decision.vote_opened_by)}, {moment(decision.vote_opened_at)}.")
    if decision.closed_at is not None:
        parts.append(f"Closed by {name_of(tx, decision.closed_by)}, {moment(decision.closed_at)}.")
    return " ".join(parts)


def _cannot_open(decision: BoardDecision, members: int) -> str:
    if members >= decision.quorum:
        return ""
    return (
        f"The vote cannot be opened: at least {decision.quorum:,} must vote and the board has {count(members, 'member')}. "
        "Change that number, or have more members invited."
    )


def _option(tx: Transaction, decision: BoardDecision, kept: KeptPlan, names: dict[int, str]) -> OptionView:
    stands = kept.facts.standing
    hosts = [school_name(names, urn) for urn in sorted(hosting(kept))]
    return OptionView(
        title=f"Plan {kept.plan_id}",
        standing=standing_of(tx, kept),
        sentences=(
            f"{stands.met:,} of {count(stands.standards, 'standard')} fully met, {stands.under_half:,} under half, {stands.out_of_reach:,} out of reach.",
            *more_and_less(kept),
        ),
        hosts=f"Members of {listed(hosts)} are hosts: each hosts a base in it." if hosts else "No school hosts a base in it.",
        fingerprint=kept.fingerprint[:16],
        plan_href=url_for("plans.summary_page", partnership_id=kept.partnership_id, plan_id=kept.plan_id),
        effects_href=address(decision, "decide.effects", plan_id=kept.plan_id),
        paper_href=url_for("decide.paper", partnership_id=kept.partnership_id, plan_id=kept.plan_id, decision=decision.id),
    )  # fmt: skip


def _own(options: Mapping[int, KeptPlan], names: dict[int, str], urns: tuple[int, ...]) -> TableView | None:
    """What each option means for one's own schools, which is the interest everybody has."""
    rows = []
    for plan_id, kept in options.items():
        for ledger in kept.facts.ledgers:
            if ledger.school.urn in urns:
                is_known = ledger.last_year_grant_pounds is not None
                rows.append(
                    row(
                        f"Plan {plan_id}", upper_first(school_name(names, ledger.school.urn)), f"£{ledger.grant_pounds:,}",
                        pounds_change(ledger.grant_pounds - (ledger.last_year_grant_pounds or 0)) if is_known else "not known",
                        f"{ledger.own_sessions:,}",
                        change(ledger.own_sessions - (ledger.last_year_sessions or 0)) if is_known else "not known",
                        f"{ledger.base_places_hosted:,}",
                    )
                )  # fmt: skip
    if not rows:
        return None
    headings = (
        *words("Option", "School"), *numbers("Grant", "Beside last year", "Half-days", "Half-days beside last year", "Base places hosted")
    )  # fmt: skip
    return table("What each option means for your own school", headings, rows)


def _interests(tx: Transaction, interests: tuple[Interest, ...], names: dict[int, str], options: Mapping[int, KeptPlan]) -> TableView:
    declared = latest(interests)
    hosts = {plan_id: hosting(kept) for plan_id, kept in options.items()}
    rows = []
    for one in declared.values():
        hosted = [f"plan {plan_id}" for plan_id, urns in hosts.items() if urns & set(one.schools)]
        rows.append(
            row(
                name_of(tx, one.user_id), schools_said(names, one.schools), one.other, f"In {listed(hosted)}" if hosted else "No",
                moment(one.declared_at),
            )
        )  # fmt: skip
    return table(
        "Interests declared", words("Who", "Schools", "Other interests", "Host of a base", "When"), rows,
        empty="Nobody has declared anything yet. Each member declares before they comment or vote; none is an answer.",
    )  # fmt: skip


def _comment(tx: Transaction, user: User, decision: BoardDecision, one: Comment) -> CommentView:
    is_withdrawn = one.withdrawn_at is not None
    may_withdraw = not is_withdrawn and one.user_id == user.user_id and decision.state is not VoteState.CLOSED
    return CommentView(
        who_and_when=f"{name_of(tx, one.user_id)}, {moment(one.said_at)}",
        about="On the decision" if one.plan_id is None else f"On plan {one.plan_id}",
        text="" if is_withdrawn else one.text,
        withdrawn=f"Withdrawn by who wrote it, {moment(one.withdrawn_at)}." if one.withdrawn_at is not None else "",
        withdraw_href=address(decision, "decide.withdraw", comment_id=one.id) if may_withdraw else "",
    )


def _next(
    tx: Transaction,
    user: User,
    decision: BoardDecision,
    *,
    has_declared: bool,
    has_voted: bool,
    roll: tuple[int, ...],
    trusts: tuple[str, ...],
) -> tuple[str, tuple[tuple[str, str], ...]]:
    """What who is asking does next, in a sentence and links; the first is the main one."""
    here = decision.partnership_id
    chairs, speaks = user.may(Permission.OPEN_AND_CLOSE_VOTES, here), user.may(Permission.COMMENT, here)
    links: list[tuple[str, str]] = []
    if decision.state is VoteState.CLOSED:
        if speaks:
            links.append(("Minutes", address(decision, "decide.minutes")))
        needed = places_of(decision, trusts)
        given = tx.decisions.signatures(decision_id=decision.id)
        if user.may(Permission.SIGN, here):
            links.append(("Record a signature", address(decision, "decide.sign")))
        is_signed = {(s.step, s.trust) for s in given} >= set(needed)
        return ("" if is_signed else f"Next to sign: {next_signer(needed, given)}."), tuple(links)
    if not speaks:
        return "The board decides it. You read the result here.", ()
    may_vote = decision.state is VoteState.OPEN and user.user_id in roll
    if not has_declared:
        links.append(("Declare your interests", address(decision, "decide.interests")))
        before = "comment or vote" if user.may(Permission.VOTE, here) else "comment"
        sentence = f"Before you {before}, declare your interests. None is an answer."
    else:
        if may_vote:
            links.append(("Change your vote" if has_voted else "Vote", address(decision, "decide.vote")))
        sentence = _waits(decision, may_vote=may_vote, has_voted=has_voted, votes=user.may(Permission.VOTE, here))
    if chairs and decision.state is VoteState.OPEN:
        links.append(("Close the vote", address(decision, "decide.close")))
    return sentence, tuple(links)


def _waits(decision: BoardDecision, *, may_vote: bool, has_voted: bool, votes: bool) -> str:
    if may_vote:
        return "You have voted, and may change it until the vote is closed." if has_voted else "The vote is open: it is your turn."
    if not votes:
        return "You may comment. Members of the board vote."
    if decision.state is VoteState.OPEN:
        return "You joined the board after this vote was opened, so you cannot vote in it. You may comment."
    return "You may comment. You vote once the chair opens the vote."


def vote_sentence(decision: BoardDecision, given: int, roll: int) -> str:
    """How many have voted, or that nobody can yet."""
    if decision.state is VoteState.PREPARED:
        return "The vote is not open yet. Until it is, the chair may change the rules; afterwards nobody can."
    voted = f"{given:,} of {count(roll, 'member')} {'has' if given == 1 else 'have'} voted; at least {decision.quorum:,} must."
    return voted if decision.state is VoteState.CLOSED else f"{voted} Nobody sees how anybody voted until the vote is closed."


def _votes(tx: Transaction, decision: BoardDecision) -> TableView:
    return table(
        "Who voted how", words("Who", "Vote", "Reason"),
        [
            row(name_of(tx, vote.user_id), choice_said(vote.say, vote.plan_id), vote.reason or "None given")
            for vote in tx.decisions.votes(decision_id=decision.id)
        ],
        empty="Nobody voted.",
    )  # fmt: skip


# --- minutes and signatures ------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class MinutesView:
    """The minutes of a decision, as they stand or as they stood."""

    partnership: str
    title: str
    back: str
    state: str
    parts: tuple[Part, ...]
    change_href: str
    versions: TableView
    signatures: TableView
    standing: Standing | None
    fingerprint: str


def minutes_view(tx: Transaction, shelf: Shelf, user: User, decision: BoardDecision, version: int | None) -> MinutesView | None:
    """One version of the minutes (None: the newest); None where there is no such version."""
    every = tx.decisions.minutes(decision_id=decision.id)
    shown = next((one for one in every if version in {None, one.version}), None)
    if shown is None:
        return None
    given = tx.decisions.signatures(decision_id=decision.id)
    signed = next((s for s in given if s.step is SignStep.BOARD), None)
    may_change = user.may(Permission.OPEN_AND_CLOSE_VOTES, decision.partnership_id) and signed is None and shown is every[0]
    options = options_of(tx, shelf, decision)
    kept = options.get(decision.carried_plan_id or 0)
    return MinutesView(
        partnership=partnership_name(tx, decision.partnership_id),
        title=f"Minutes of decision {decision.id}",
        back=address(decision),
        state=_minutes_state(shown.version, every[0].version, signed),
        parts=parts_of(shown.text),
        change_href=address(decision, "decide.change_minutes") if may_change else "",
        versions=table(
            "Versions of these minutes", words("Version", "Made by", "When"),
            [
                row(
                    TableCell(text=f"Version {one.version}", href=address(decision, "decide.minutes", version=one.version)),
                    name_of(tx, one.made_by) + (", drafted from what happened" if one.version == 1 else ""), moment(one.made_at),
                )
                for one in every
            ],
        ),
        signatures=signatures_table(tx, decision, given, options),
        standing=None if kept is None else standing_of(tx, kept),
        fingerprint=f"Plan {kept.plan_id} is carried; its fingerprint is {kept.fingerprint}." if kept is not None else "",
    )  # fmt: skip


def _minutes_state(version: int, newest: int, signed: Signature | None) -> str:
    if signed is not None and version == signed.minutes_version:
        return f"Version {version}, signed by {signed.name}, {signed.role}, on {day(signed.signed_on)}."
    if version != newest:
        return f"Version {version}: an earlier one. The newest is version {newest}."
    return f"Version {version}: a draft until the chair signs. Nobody has signed it yet."


def needed_places(decision: BoardDecision, options: Mapping[int, KeptPlan]) -> tuple[Place, ...]:
    """The signatures that a closed decision needs, in order."""
    return places_of(decision, carried_trusts(decision, options))


def carried_trusts(decision: BoardDecision, options: Mapping[int, KeptPlan]) -> tuple[str, ...]:
    """The trusts that the carried plan binds once they approve it."""
    kept = options.get(decision.carried_plan_id or 0)
    return () if kept is None else trusts_of(kept)


def signatures_table(tx: Transaction, decision: BoardDecision, given: tuple[Signature, ...], options: Mapping[int, KeptPlan]) -> TableView:
    """Every signature that is needed, in order, and those that are there."""
    there = {(s.step, s.trust): s for s in given}
    rows = []
    for place in needed_places(decision, options):
        one = there.get(place)
        rows.append(
            row(upper_first(signer(place)), "Not yet", "", "", "", "") if one is None
            else row(
                upper_first(signer(place)), f"{one.name}, {one.role}", day(one.signed_on),
                one.evidence or f"Signed here, version {one.minutes_version} of the minutes", one.plan_fingerprint[:16] or "No plan",
                f"{name_of(tx, one.recorded_by)}, {moment(one.recorded_at)}",
            )
        )  # fmt: skip
    return table(
        "Signatures, in the order they are needed", words("For", "Signed by", "On", "Shown by", "Plan's fingerprint", "Recorded by"), rows,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class SignView:
    """What is to be signed, and who signs next."""

    partnership: str
    title: str
    back: str
    sentence: str
    about: tuple[str, ...]
    places: tuple[tuple[str, str], ...]


def place_value(place: Place) -> str:
    """A needed signature as a form has it."""
    return f"{place[0]}:{place[1]}" if place[1] else str(place[0])


def sign_view(tx: Transaction, shelf: Shelf, decision: BoardDecision) -> SignView:
    """The page on which the chair records the next signature."""
    options = options_of(tx, shelf, decision)
    needed, given = needed_places(decision, options), tx.decisions.signatures(decision_id=decision.id)
    there = {(s.step, s.trust) for s in given}
    kept = options.get(decision.carried_plan_id or 0)
    missing = () if kept is None else unconfirmed(tx, kept)
    return SignView(
        partnership=partnership_name(tx, decision.partnership_id),
        title="Record a signature",
        back=address(decision),
        sentence="Every signature is there." if there >= set(needed) else f"Next: {next_signer(needed, given)}.",
        about=(
            *([f"The signature is for plan {kept.plan_id}, fingerprint {kept.fingerprint[:16]}."] if kept is not None else ["Nothing was carried: the chair signs the minutes."]),
            "The chair's own signature also makes the minutes final. The others sign on paper or by letter, and the chair records it here.",
            *([shadow_refusal(missing)] if missing else []),
        ),
        places=tuple((place_value(place), upper_first(signer(place))) for place in needed if place not in there),
    )  # fmt: skip


def shadow_refusal(missing: tuple[str, ...]) -> str:
    """Why money cannot be bound to a shadow plan yet, and what would make it possible."""
    return (
        f"This is a shadow plan: only the chair can sign, for the board, until the heads of {count(len(missing), 'more school')} "
        f"have confirmed the figures it was made from."
    )
