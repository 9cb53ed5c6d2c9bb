"""Plans on a shelf and the app that shows them, so that tests of pages need no solver."""

from __future__ import annotations

import functools
import html
import re

import html5lib
from builders import two_schools

from fixtures import path_of
from optimisation.baselines import formula_amounts
from optimisation.greedy import greedy_amounts, share_evenly
from planner.documents import Json, plan_document
from planner.intake.parsing import read_partnership
from planner.need import World, world_of
from planner.plan import Baseline, Ending, Plan
from planner.policy import load_policy
from web.access import Role, User
from web.app import create_app
from web.plans.shelf import KeptPlan, RefusedPlan, kept_plan
from web.settings import Settings
from web.wiring import Wiring

HEAD = User(user_id="u1", name="A head", roles={"hatherby-partnership": frozenset({Role.HEAD})})


@functools.cache
def demonstration() -> World:
    """The world of the demonstration."""
    policy = load_policy(path_of("demonstration") / "policy.toml")
    partnership, _ = read_partnership(path_of("demonstration"), need_codes=policy.need_codes(), role_ids=policy.role_ids())
    return world_of(partnership, policy)


def document_of(world: World) -> Json:
    """A plan shared greedily, with a baseline beside it: no solver, and yet every rule holds."""
    other = formula_amounts(world)
    baseline = Baseline(name="formula", title="Formula share", amounts=other_with_need(world, other), rules_broken=())
    plan = Plan(
        amounts=greedy_amounts(world), ending=Ending.STOPPED_BY_HAND, bound_points=1.0, levels=(), engine="a test", seconds=0.0,
        baselines=(baseline,),
    )  # fmt: skip
    return plan_document(plan, world)


def other_with_need(world, amounts):
    """Amounts with what they meet when everybody shares evenly."""
    return amounts.__class__(**{f: getattr(amounts, f) for f in amounts.__slots__} | {"need_met": share_evenly(world, amounts)})


@functools.cache
def demonstration_document() -> Json:
    """The demonstration's plan document."""
    return document_of(demonstration())


@functools.cache
def demonstration_plan() -> KeptPlan:
    """The demonstration's plan, audited."""
    return kept_plan(demonstration_document())


@functools.cache
def small_plan() -> KeptPlan:
    """A plan of two schools, of another partnership."""
    return kept_plan(document_of(two_schools()))


class FakeShelf:
    """A shelf of given plans."""

    def __init__(self, *plans: KeptPlan) -> None:
        self._plans = plans

    def plans(self):
        """All of them."""
        return self._plans

    def refused(self):
        """None."""
        return (RefusedPlan(file="altered.json", why="The plan was altered after it was written."),)

    def find(self, partnership_id, plan_id):
        """The one that was asked for."""
        return next((p for p in self._plans if (p.partnership_id, p.plan_id) == (partnership_id, plan_id)), None)


def settings_at(home, **more) -> Settings:
    """Settings with a data folder of their own."""
    return Settings.from_env({"PLANNER_HOME": str(home), **more})


def app_of(home, *plans: KeptPlan, user: User | None = HEAD, **more):
    """The app over given plans, asked by a given person."""
    return create_app(settings_at(home, **more), Wiring(shelf=FakeShelf(*plans), current_user=lambda: user))


def address(kept: KeptPlan, page: str = "") -> str:
    """Where a page of a plan is."""
    return f"/partnerships/{kept.partnership_id}/plans/{kept.plan_id}{page}"


def parsed(text: str):
    """A page as a tree; anything a strict parser dislikes is an error."""
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(text)


def words_of(element) -> str:
    """All text of an element, spaces made single."""
    return re.sub(r"\s+", " ", "".join(element.itertext()).replace("\u2060", "")).strip()


def tables_of(text: str) -> dict[str, list[list[str]]]:
    """Caption -> rows of cells' words, headings first."""
    return {
        words_of(table.find("caption")): [[words_of(cell) for cell in row] for row in table.iter("tr")]
        for table in parsed(text).iter("table")
    }


def all_pages(app) -> dict[str, str]:
    """Address -> text of every page that following links from the list of plans reaches; each must be there."""
    texts, waiting = {}, ["/"]
    with app.test_client() as client:
        while waiting:
            here = waiting.pop(0)
            if here in texts or here.startswith("/static/"):
                continue
            answer = client.get(here)
            assert answer.status_code == 200, here
            texts[here] = answer.text
            waiting += [html.unescape(link) for link in re.findall(r'<a [^>]*href="(/[^"#]*)', answer.text)]
    return texts
