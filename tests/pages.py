"""Plans made without a solver, and pages as tests read them."""

from __future__ import annotations

import functools
import html
import re
from dataclasses import replace
from decimal import Decimal

import html5lib
from builders import an_offer

from fixtures import path_of
from optimisation.baselines import formula_amounts
from optimisation.greedy import greedy_amounts, share_evenly
from planner.documents import Json, plan_document
from planner.intake.parsing import read_partnership
from planner.need import World, world_of
from planner.plan import Baseline, Ending, Plan
from planner.policy import load_policy, with_changes
from planner.store.plans import StoredPlan
from web.settings import Settings
from web.shelf import KeptPlan, kept_plan

FAIR = (
    "cohort_fill", "next_year_affordable", "host_share", "phase_balance", "secondaries_in_proportion", "sessions_cap", "standard_floor",
    "no_worse_outside",
)  # fmt: skip
"""Every rule that a board may switch on, and the share of new places."""


@functools.cache
def demonstration() -> World:
    """The world of the demonstration."""
    policy = load_policy(path_of("demonstration") / "policy.toml")
    partnership, _ = read_partnership(path_of("demonstration"), need_codes=policy.need_codes(), role_ids=policy.role_ids())
    return world_of(partnership, policy)


def fair_world(*, is_priced=False):
    """The demonstration with every rule on that a board may switch on, half-days sold in packages, and prices."""
    world = demonstration()
    settings = {f"rules.{rule_id}": True for rule_id in FAIR}
    settings |= {"board.secondary_places_per_1000": 15, "board.secondary_places_target_year": 2035}
    settings |= {"board.cohort_fill_percent": 60, "board.standard_floors.learning_consultation": 20, "board.sessions_cap_percent": 120}
    settings |= {f"prices.{rule_id}": Decimal("0.001") for rule_id in (*FAIR, "money_floor")} if is_priced else {}
    offer = an_offer("pack20", "slt_pack", sessions=20, pounds=3_300)
    return world_of(replace(world.partnership, offers=(offer,)), with_changes(world.policy, settings))


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


def as_kept(document: Json) -> KeptPlan:
    """A document as the shelf keeps it, audited."""
    stored = StoredPlan(
        id=1,
        partnership_id=1,
        run_id=1,
        made_at=0,
        status=document["status"],
        fingerprint=document["fingerprint"],
        counts={},
        document=document,
    )
    return kept_plan(stored)


@functools.cache
def demonstration_plan() -> KeptPlan:
    """The demonstration's plan, audited."""
    return as_kept(demonstration_document())


def settings_at(home, **more) -> Settings:
    """Settings with a data folder of their own."""
    return Settings.from_env({"PLANNER_HOME": str(home), **more})


@functools.lru_cache(maxsize=50)
def parsed(text: str):
    """A page as a tree, to be read only; anything a strict parser dislikes is an error."""
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


def all_pages(client, start="/", *, within="/") -> dict[str, str]:
    """Address -> text of every page that following links from one reaches; each must be there. Files are left alone."""
    texts, waiting = {}, [start]
    while waiting:
        here = waiting.pop(0)
        if here in texts or here.startswith("/static/") or not here.startswith(within):
            continue
        answer = client.get(here, follow_redirects=True)
        assert answer.status_code == 200, here
        if answer.mimetype != "text/html":
            continue
        texts[here] = answer.text
        waiting += [html.unescape(link) for link in re.findall(r'<a [^>]*href="(/[^"#]*)', answer.text)]
    return texts
