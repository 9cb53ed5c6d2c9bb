"""What pages ask for again and again is read once, and nobody waits for what somebody else has read."""

import contextlib
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from websites import HERE, a_site

from planner.policy import load_policy
from planner.store.partnerships import Version
from web import shelf as shelves
from web.shelf import Shelf, policy_of

SOON = 5.0


class Plans:
    """A store of plans that takes as long to read one as a test wants."""

    def __init__(self):
        self.asked, self.may_go = [], {}
        self.began = {n: threading.Event() for n in (1, 2)}

    @contextlib.contextmanager
    def read(self):
        yield SimpleNamespace(plans=self)

    def plan(self, *, partnership_id, plan_id):
        self.asked.append(plan_id)
        self.began[plan_id].set()
        if plan_id in self.may_go:
            assert self.may_go[plan_id].wait(SOON)
        return f"plan {plan_id} of {partnership_id}"


@pytest.fixture
def plans(monkeypatch):
    monkeypatch.setattr(shelves, "kept_plan", lambda stored: stored)
    return Plans()


def test_nobody_waits_while_another_plan_is_read(plans):
    shelf = Shelf(plans)
    shelf.plan(1, 1)
    plans.may_go[2] = threading.Event()
    with ThreadPoolExecutor(2) as pool:
        slow = pool.submit(shelf.plan, 1, 2)
        assert plans.began[2].wait(SOON)
        assert pool.submit(shelf.plan, 1, 1).result(SOON) == "plan 1 of 1"
        assert not slow.done()
        plans.may_go[2].set()
        assert slow.result(SOON) == "plan 2 of 1"


def test_what_many_ask_for_at_once_is_read_once(plans):
    shelf = Shelf(plans)
    plans.may_go[1] = threading.Event()
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(shelf.plan, 1, 1) for _ in range(4)]
        assert plans.began[1].wait(SOON)
        plans.may_go[1].set()
        assert {one.result(SOON) for one in asked} == {"plan 1 of 1"}
    assert plans.asked == [1]


def test_what_could_not_be_read_is_asked_for_again(plans, monkeypatch):
    shelf = Shelf(plans)
    with monkeypatch.context() as broken:
        broken.setattr(shelves, "kept_plan", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            shelf.plan(1, 1)
    assert shelf.plan(1, 1) == "plan 1 of 1"
    assert plans.asked == [1, 1]


def test_the_same_policy_is_taken_apart_once():
    shipped = load_policy()
    first, second = (
        Version(partnership_id=n, version=n, sha256="", note="", made_by=None, made_at=0, document=json.loads(shipped.document))
        for n in (1, 2)
    )
    assert policy_of(first) is policy_of(second)
    assert policy_of(first) == shipped == policy_of(None)


def test_figures_by_an_older_policy_are_kept_no_longer(tmp_path):
    with a_site(tmp_path / "home") as site:
        before = site.shelf.figures(HERE)
        for based_on in (before.policy_version, before.policy_version + 1):
            with site.store.begin() as tx:
                document = tx.policies.latest(partnership_id=HERE).document
                tx.policies.add_version(partnership_id=HERE, document=document, note="", by=site.user_ids["board"], based_on=based_on)
            assert site.shelf.figures(HERE).policy_version == based_on + 1
        assert site.shelf.figures(HERE, before.version.version) is site.shelf.figures(HERE)
        assert [one.policy_version for one in site.shelf._figures.values()] == [before.policy_version + 2]
