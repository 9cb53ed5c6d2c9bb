"""What stands in the navigation: only what the person may open, what their role came for first, the rest everywhere in the same order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import request, url_for

from web.access import Permission, may, the_user

# Text, endpoint, the permission it asks for, and the blueprints or single endpoints that belong to it.
IN_A_PARTNERSHIP = (
    ("Overview", "home.partnership", Permission.READ_PLAN, {"home"}),
    ("Figures", "figures.schools", Permission.READ_PLAN, {"figures", "bring"}),
    (
        "Plans",
        "plans.list_plans",
        Permission.READ_PLAN,
        {"plans", "runs", "compare", "change.menu", "change.ask", "change.replan", "by_hand"},
    ),
    ("Roster", "roster.current", Permission.READ_OWN_ROSTER, {"roster"}),
    ("Proposals", "proposals.proposals", Permission.READ_PLAN, {"proposals", "requests", "try_it"}),
    ("Decisions", "decide.decisions", Permission.READ_PLAN, {"decide", "meeting"}),
    ("Claims and questions", "change.claims", Permission.READ_PLAN, {"change.claims", "change.claim", "change.new_claim_page", "queries"}),
    ("People", "people.people", Permission.MANAGE_ACCOUNTS, {"people", "everything"}),
)
IN_THE_HOUSE = (
    ("Accounts", "people.accounts", Permission.RUN_THE_HOUSE, {"people", "provider"}),
    ("DfE files", "bring.dfe_files", Permission.RUN_THE_HOUSE, {"bring"}),
    ("Service", "house.health", Permission.RUN_THE_HOUSE, {"house"}),
)

# A page of the strip over all figures: its endpoint, text and permission.
ABOUT_FIGURES = (
    ("figures.schools", "Schools", Permission.READ_PLAN),
    ("figures.need", "Need", Permission.READ_PLAN),
    ("figures.money", "Money", Permission.READ_PLAN),
    ("figures.people", "People", Permission.READ_PLAN),
    ("figures.bases", "Bases", Permission.READ_PLAN),
    ("figures.last_year", "Last year", Permission.READ_PLAN),
    ("figures.sources", "Sources", Permission.READ_PLAN),
    ("bring.versions", "Versions", Permission.READ_PLAN),
    ("bring.policy", "Policy", Permission.READ_PLAN),
    ("bring.choose", "Bring figures", Permission.UPLOAD),
)

# The pages of the strip over proposals.
ABOUT_PROPOSALS = (
    ("proposals.proposals", "Before the board", Permission.READ_PLAN),
    ("try_it.drafts", "My drafts", Permission.PROPOSE),
    ("requests.requests", "Requests", Permission.READ_PLAN),
)

# The pages that one link of the navigation leads to, each with the same strip over it.
ABOUT_PLANS = (
    ("plans.list_plans", "All plans", Permission.READ_PLAN),
    ("compare.page", "Compare", Permission.COMPARE),
    ("runs.runs", "Runs", Permission.READ_PLAN),
)
ABOUT_CLAIMS = (
    ("change.claims", "Claims on the moderated pot", Permission.READ_PLAN),
    ("queries.queries", "Questions about a line", Permission.READ_PLAN),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A link to a page beside the one that is shown."""

    text: str
    href: str
    is_here: bool = False


def figures_steps(partnership_id: int, here: str, *, has_figures: bool = True, version: int | None = None) -> tuple[Step, ...]:
    """The pages about a partnership's figures; those of an older version lead to others of that version."""
    return tuple(
        Step(
            text=text,
            href=url_for(name, partnership_id=partnership_id, version=version if name.startswith("figures.") else None),
            is_here=name == here,
        )
        for name, text, permission in ABOUT_FIGURES
        if may(permission, partnership_id) and (has_figures or not name.startswith("figures."))
    )


def proposals_steps(partnership_id: int, here: str) -> tuple[Step, ...]:
    """The pages about what people propose, ask for and try."""
    return _steps(ABOUT_PROPOSALS, partnership_id, here)


def plans_steps(partnership_id: int, here: str) -> tuple[Step, ...]:
    """The pages about all plans: what there is, side by side, and how they are made."""
    return _steps(ABOUT_PLANS, partnership_id, here)


def claims_steps(partnership_id: int, here: str) -> tuple[Step, ...]:
    """The pages about what schools claim and ask during the year."""
    return _steps(ABOUT_CLAIMS, partnership_id, here)


def _steps(pages: tuple[tuple[str, str, Permission], ...], partnership_id: int, here: str) -> tuple[Step, ...]:
    return tuple(
        Step(text=text, href=url_for(name, partnership_id=partnership_id), is_here=name == here)
        for name, text, permission in pages
        if may(permission, partnership_id)
    )


def navigation() -> list[dict[str, Any]]:
    """The links of the service navigation, for who is asking and where."""
    user = the_user()
    if user is None:
        return [{"text": "Sign in", "href": url_for("accounts.sign_in"), "current": request.endpoint == "accounts.sign_in"}]
    partnership_id = (request.view_args or {}).get("partnership_id")
    is_inside = partnership_id is not None and bool(user.roles_in(partnership_id))
    where = {"partnership_id": partnership_id} if is_inside else {}
    urns = () if partnership_id is None else user.urns_in(partnership_id)
    first = [_our_school(partnership_id, urns[0])] if partnership_id is not None and len(urns) == 1 else []
    is_at_own = any(link["active"] for link in first)
    rest = []
    if not is_inside:
        rest.append({"text": "Partnerships", "href": url_for("home.partnerships"), "current": request.endpoint == "home.partnerships"})
    for text, endpoint, permission, blueprints in IN_A_PARTNERSHIP if is_inside else IN_THE_HOUSE:
        if may(permission, partnership_id) and not (first and endpoint == "roster.current"):
            href = url_for(endpoint, **where)
            is_here = (request.blueprint in blueprints or request.endpoint in blueprints) and not is_at_own
            link = {"text": text, "href": href, "active": is_here, "current": request.path == href}
            (first if endpoint == "roster.current" and may(Permission.CHANGE_PEOPLE_AND_ROSTER, partnership_id) else rest).append(link)
    if may(Permission.ENTER_COUNCIL_SUPPLY):
        href = url_for("council.overview")
        first.append({"text": "Council", "href": href, "active": request.blueprint == "council", "current": request.path == href})
    return first + rest


def _our_school(partnership_id: int, urn: int) -> dict[str, Any]:
    """A head's way to their one school, from everywhere."""
    is_about_it = request.blueprint in {"plans", "roster"} and (request.view_args or {}).get("urn") == urn
    href = url_for("plans.our_school", partnership_id=partnership_id, urn=urn)
    return {"text": "Our school", "href": href, "active": is_about_it, "current": request.endpoint == "plans.school" and is_about_it}
