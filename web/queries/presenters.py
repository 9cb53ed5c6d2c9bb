"""The words of the pages of questions: the list, and the whole story of one."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for

from planner.store import Decision, QueryState, Transaction
from planner.store.schools import Query
from web.access import Permission, User
from web.names import name_of, partnership_name, school_name, school_names
from web.queries.forms import DECISIONS
from web.queries.since import Since, since
from web.shelf import Shelf
from web.tables import MOST_SHOWN, TableCell, TableView, row, table, words
from web.words import listed, moment, upper_first

STATES = {QueryState.OPEN: ("Open", "yellow"), QueryState.ANSWERED: ("Answered", "blue"), QueryState.CLOSED: ("Closed", "grey")}
_ORDER = list(STATES)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueriesView:
    """All questions of a partnership, open ones first."""

    partnership: str
    sentence: str
    own_schools: tuple[tuple[str, str], ...]
    tables: tuple[TableView, ...]
    show_all: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AskView:
    """What a question is going to be about."""

    title: str
    partnership: str
    school: str
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Something that was said or done: who, when, in which words."""

    what: str
    who_and_when: str
    text: str = ""
    decided: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryView:
    """One question with its whole story, and what who is asking may do next."""

    partnership: str
    school: str
    number: int
    line: str
    state: str
    tag: str
    version: int
    story: tuple[Happening, ...]
    since: Since
    is_answered: bool
    may_answer: bool
    may_close: bool
    ask_again: str


# --- the list ------------------------------------------------------------------------------


def queries_view(tx: Transaction, names: dict[int, str], user: User, partnership_id: int, *, is_all: bool) -> QueriesView:
    """The questions, open ones first, then the newest; a head's own school's stand first. All where that is asked for."""
    everything = sorted(tx.schools.queries(partnership_id=partnership_id), key=lambda query: (_ORDER.index(query.state), -query.id))
    decided = {answer.query_id: answer.decided for answer in tx.schools.answers(partnership_id=partnership_id)}
    own = set(user.urns_in(partnership_id))

    def shown(caption: str, queries: list[Query], empty: str) -> TableView:
        some = queries if is_all else queries[:MOST_SHOWN]
        return table(
            caption if len(some) == len(queries) else f"{caption}: {len(some):,} of {len(queries):,}",
            words("Question", "School", "Asked", "Decided", "State"),
            [
                row(
                    TableCell(text=f"{query.id}. {query.line}", href=query_url(partnership_id, query.id)),
                    upper_first(school_name(names, query.urn)),
                    moment(query.opened_at),
                    DECISIONS[decided[query.id]] if query.id in decided else "Nothing yet" if query.state is QueryState.OPEN else "Nothing",
                    TableCell(text=STATES[query.state][0], tag=STATES[query.state][1]),
                )
                for query in some
            ],
            empty=empty,
        )

    if own:
        whose = "Our school" if len(own) == 1 else "Our schools"
        tables: tuple[TableView, ...] = (
            shown(whose, [q for q in everything if q.urn in own], "No question yet."),
            shown("Other schools", [q for q in everything if q.urn not in own], "No question yet."),
        )
    else:
        tables = (shown("All questions", everything, "No head has asked anything yet."),)
    here = [(state, sum(query.state is state for query in everything)) for state in STATES]
    return QueriesView(
        partnership=partnership_name(tx, partnership_id),
        sentence=f"{upper_first(listed([f'{number:,} {STATES[state][0].lower()}' for state, number in here]))}." if everything else "",
        own_schools=tuple(
            (upper_first(school_name(names, urn)), url_for("queries.ask", partnership_id=partnership_id, urn=urn))
            for urn in user.urns_in(partnership_id)
        ),
        tables=tables,
        show_all=f"Show all {len(everything):,} questions" if sum(len(one.rows) for one in tables) < len(everything) else "",
    )


def query_url(partnership_id: int, query_id: int) -> str:
    """The address of a question."""
    return url_for("queries.query", partnership_id=partnership_id, query_id=query_id)


# --- asking --------------------------------------------------------------------------------


def ask_view(tx: Transaction, names: dict[int, str], partnership_id: int, urn: int, plan_id: int | None, line: str) -> AskView | None:
    """What a question will be about; None where the plan is not one of this partnership."""
    plan = next((plan for plan in tx.plans.plans(partnership_id=partnership_id) if plan.id == plan_id), None)
    if plan_id is not None and plan is None:
        return None
    here = tx.partnerships.partnership(partnership_id=partnership_id)
    assert here is not None
    about = f"Your question goes with plan {plan.id}, made {moment(plan.made_at)}, so whoever answers sees what you read." if plan else ""
    if not about and here.latest_version:
        about = f"Your question goes with version {here.latest_version} of the figures, so whoever answers sees what you read."
    return AskView(
        title="Ask about this line" if line else "Ask about a line",
        partnership=here.name,
        school=upper_first(school_name(names, urn)),
        about=about,
    )


# --- one question --------------------------------------------------------------------------


def query_view(tx: Transaction, shelf: Shelf, user: User, query: Query) -> QueryView:
    """A question's whole story."""
    here = query.partnership_id
    names = school_names(shelf, here)
    answers = tx.schools.answers(partnership_id=here, query_id=query.id)
    story = [Happening(what="Asked", who_and_when=_by(tx, query.opened_by, query.opened_at), text=query.question)]
    story += [
        Happening(
            what="Answered" if number == 0 else "Answered again", who_and_when=_by(tx, answer.answered_by, answer.answered_at),
            text=answer.answer, decided=DECISIONS[answer.decided],
        )
        for number, answer in enumerate(answers)
    ]  # fmt: skip
    if query.closed_at is not None:
        story.append(Happening(what="Closed", who_and_when=_by(tx, query.closed_by, query.closed_at)))
    is_answered = query.state is QueryState.ANSWERED
    may_ask = user.may(Permission.QUERY_OWN_SCHOOL, here, query.urn)
    schools_plan = shelf.schools_plan(here)
    return QueryView(
        partnership=partnership_name(tx, here),
        school=upper_first(school_name(names, query.urn)),
        number=query.id,
        line=query.line,
        state=STATES[query.state][0],
        tag=STATES[query.state][1],
        version=query.version,
        story=tuple(story),
        since=since(tx, shelf, user, query, is_wrong=bool(answers) and answers[-1].decided is Decision.CORRECTED),
        is_answered=is_answered,
        may_answer=query.state is not QueryState.CLOSED and user.may(Permission.ANSWER_QUERIES, here),
        may_close=may_close(user, query),
        ask_again=url_for("queries.ask", partnership_id=here, urn=query.urn, line=query.line, plan=schools_plan and schools_plan.plan_id)
        if may_ask and query.state is not QueryState.OPEN
        else "",
    )


def may_close(user: User, query: Query) -> bool:
    """Who asked may close a question at any time, who answers only once there is an answer."""
    if query.state is QueryState.CLOSED:
        return False
    return query.opened_by == user.user_id or (
        query.state is QueryState.ANSWERED and user.may(Permission.ANSWER_QUERIES, query.partnership_id)
    )


def _by(tx: Transaction, user_id: int | None, at: int) -> str:
    return f"by {name_of(tx, user_id)}, {moment(at)}"
