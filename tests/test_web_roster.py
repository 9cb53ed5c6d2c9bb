"""The roster's pages: read by person, school and half-term; another one asked for and made; delivered half-days and what is lost."""

import datetime as dt
import re
import time
from dataclasses import replace

import pytest
from pages import demonstration, parsed, tables_of, words_of
from websites import HERE, OTHER_URN, OWN_URN, a_site

from optimisation.greedy import greedy_amounts
from optimisation.roster import make_roster
from optimisation.roster_worker import CannotBe, make_version
from optimisation.run_worker import work
from planner.documents import plan_document
from planner.plan import Ending, Plan
from planner.roster_requests import RosterRequest, Wish, WishKind, request_document
from planner.store import AnswerState

MANAGER = "service-manager"


class Here:
    """A solver that makes rosters in this process."""

    def wait_until_ready(self, _):
        """It is."""
        return True

    def exchange(self, job, **_):
        """The roster at once."""
        return make_roster(job.world, job.amounts, seconds=2, wishes=job.wishes)


@pytest.fixture(scope="module")
def document():
    world = demonstration()
    amounts = greedy_amounts(world)
    plan = Plan(amounts=amounts, ending=Ending.STOPPED_BY_HAND, bound_points=1.0, levels=(), engine="a test", seconds=0.0)
    return plan_document(replace(plan, roster=make_roster(world, amounts, seconds=5).roster), world)


@pytest.fixture
def site(tmp_path):
    with a_site(tmp_path) as site:
        yield site


@pytest.fixture
def named(site, document):
    """A site whose first partnership has a second plan, with names, that its schools read."""
    return with_names(site, document)


@pytest.fixture(scope="module")
def shared(tmp_path_factory, document):
    """The same for tests that put no other roster to work."""
    with a_site(tmp_path_factory.mktemp("shared")) as site:
        yield with_names(site, document)


def with_names(site, document):
    with site.store.begin() as tx:
        run_id = tx.runs.request_run(partnership_id=HERE, partnership_version=1, policy_version=1, settings={}, by=site.user_ids["board"])
        site.plan_id = tx.runs.keep_made_elsewhere(partnership_id=HERE, run_id=run_id, document=document)
    return site


def at(site, page="", plan_id=None):
    return f"/partnerships/{HERE}/plans/{plan_id or site.plan_id}/roster{page}"


def make(site):
    """Make what waits, as a worker would."""
    with site.store.begin() as tx:
        version = tx.rosters.claim_next(worker="w")
        document = tx.plans.plan(partnership_id=HERE, plan_id=version.plan_id).document
    found = make_version(version.request, document, Here(), lambda: False)
    with site.store.begin() as tx:
        assert tx.rosters.finish(version, document=found)
    return version.id


def main_of(answer):
    return words_of(parsed(answer.text).find(".//main"))


def person_at(document):
    """Somebody, one of their schools, and another who could go there."""
    world = demonstration()
    row = next(r for r in document["roster"] if r["recipient"].isdecimal())
    other = next(p.person_id for p in world.partnership.people_of(row["service"]) if not p.is_vacant and p.person_id != row["person"])
    numbers = {p.person_id: n for n, p in enumerate(world.partnership.people, start=1)}
    return row, numbers, other


def test_everybodys_year_adds_up_by_person_by_school_and_by_half_term(shared, document):
    manager = shared.browser(MANAGER)
    everybody = tables_of(manager.get(at(shared)).text)["Everybody's half-days"]
    assert sum(int(r[-3]) for r in everybody[1:]) == document["roster_summary"]["half_days"]
    row, numbers, _ = person_at(document)
    text = manager.get(at(shared, f"/people/{numbers[row['person']]}")).text
    assert re.search(
        r"Goes to \d+ of the partnership.s \d+ schools and may go to (any number|no more than \d+ schools?)\. ", words_of(parsed(text))
    )
    (year,) = tables_of(text).values()
    planned, can, spare = year[-3:]
    assert [int(c) - int(p) for c, p in zip(can[1:8], planned[1:8], strict=True)] == [int(s) for s in spare[1:8]]
    in_half_term = [r["half_days"] for r in document["roster"] if (r["person"], r["half_term"]) == (row["person"], row["half_term"])]
    assert int(planned[row["half_term"]]) == sum(in_half_term)
    (visits,) = tables_of(manager.get(at(shared, f"/half-terms/{row['half_term']}")).text).values()
    assert sum(int(r[3]) for r in visits[1:]) == sum(r["half_days"] for r in document["roster"] if r["half_term"] == row["half_term"])
    assert manager.get(at(shared, "/half-terms/7")).status_code == 404


def test_heads_read_their_own_part_and_nobody_elses(shared):
    head = shared.browser("head")
    answer = head.get(f"/partnerships/{HERE}/roster", follow_redirects=True)
    assert answer.request.path == at(shared, f"/schools/{OWN_URN}")
    assert "Who comes to" in main_of(answer)
    for page in ("", "/people/1", "/schools", f"/schools/{OTHER_URN}", "/half-terms/1", "/delivered", "/deadlines", "/change"):
        assert head.get(at(shared, page)).status_code == 403, page
    for who, may in (("board", True), (MANAGER, True), ("elsewhere", False)):
        assert (shared.browser(who).get(at(shared)).status_code == 200) == may


def test_a_change_makes_a_roster_of_its_own_that_says_what_it_costs_and_is_put_to_work_by_hand(named, document):
    row, numbers, other = person_at(document)
    manager = named.browser(MANAGER)
    asked = named.post(
        manager, at(named, "/change"), kind="comes", person=str(numbers[other]), recipient=row["recipient"], half_term="", newest="0"
    )  # fmt: skip
    assert asked.status_code == 303
    assert "not made yet" in main_of(manager.get(asked.location))
    version = make(named)
    page = manager.get(asked.location)
    tables = tables_of(page.text)
    assert "What it costs beside the plan's own names" in tables
    assert any(c[0].startswith("Travel") for c in tables["What it costs beside the plan's own names"])
    names = {p.person_id: p.name for p in demonstration().partnership.people}
    assert names[other] in {r[3] for r in tables["Who comes instead"][1:]}
    school = at(named, f"/schools/{row['recipient']}")
    assert names[other] in main_of(manager.get(f"{school}?version={version}"))
    before = main_of(manager.get(school))
    used = named.post(manager, at(named, f"/use?version={version}"), form_at=asked.location, instead_of="0")
    assert used.status_code == 303
    assert main_of(manager.get(school)) != before
    assert "Somebody else put a roster to work" in named.post(manager, at(named, "/use?version=0"), form_at=asked.location.split("?")[0] + "?version=0", instead_of="0").text  # fmt: skip
    taken = named.post(manager, at(named, f"/take-back?version={version}"), form_at=asked.location, wish="0")
    with named.store.read() as tx:
        newest = tx.rosters.versions(partnership_id=HERE, plan_id=named.plan_id)[0]
    assert newest.request["wishes"] == () or newest.request["wishes"] == []
    assert newest.based_on == version
    assert taken.status_code == 303


def test_two_people_swap_and_what_cannot_be_is_refused_with_what_would_make_it_possible(shared, document):
    world = demonstration()
    manager = shared.browser(MANAGER)
    page = manager.get(at(shared, "/change")).text
    links = re.findall(r'<option value="(\d+-[^"]+)">', page)
    service_of = {n: p.service_id for n, p in enumerate(world.partnership.people, start=1)}
    pairs = [(a, b) for a in links for b in links if a.split("-")[0] < b.split("-")[0] and a.split("-", 1)[1] != b.split("-", 1)[1]]
    same = next((a, b) for a, b in pairs if service_of[int(a.split("-")[0])] == service_of[int(b.split("-")[0])])
    others = next((a, b) for a, b in pairs if service_of[int(a.split("-")[0])] != service_of[int(b.split("-")[0])])
    refused = shared.post(manager, at(shared, "/swap"), form_at=at(shared, "/change"), first=others[0], second=others[1], newest="0")
    assert refused.status_code == 422
    assert "Choose two people of one service" in refused.text
    assert (
        shared.post(manager, at(shared, "/swap"), form_at=at(shared, "/change"), first=same[0], second=same[1], newest="0").status_code
        == 303
    )
    with shared.store.read() as tx:
        version = tx.rosters.versions(partnership_id=HERE, plan_id=shared.plan_id)[0]
    assert {(w["person_id"], w["recipient"]) for w in version.request["wishes"]} == {
        (world.partnership.people[int(a.split("-")[0]) - 1].person_id, b.split("-", 1)[1]) for a, b in (same, same[::-1])
    }
    both = RosterRequest(wishes=tuple(Wish(kind=kind, person_id=w["person_id"], recipient=w["recipient"]) for kind in WishKind for w in version.request["wishes"][:1]))  # fmt: skip
    with pytest.raises(CannotBe, match="take one of these back"):
        make_version(request_document(both), document, Here(), lambda: False)


def test_settings_make_a_roster_and_somebody_elses_version_is_said_and_kept(shared):
    manager = shared.browser(MANAGER)
    assert shared.post(manager, at(shared, "/settings"), most_schools="x", reach_km="").status_code == 422
    first = shared.post(manager, at(shared, "/settings"), most_schools="3", reach_km="", newest="0")
    second = shared.post(manager, at(shared, "/settings"), most_schools="4", reach_km="", newest="0")
    number = first.location.rpartition("=")[2]
    assert f"Somebody asked for roster {number} meanwhile: both are kept" in manager.get(second.location).text
    assert first.location != second.location
    pattern = {f"half_term_{h}": "" for h in range(1, 7)} | {"most_schools": "2", "first": "", "last": "", "newest": "2"}
    number = 1 + next(n for n, p in enumerate(demonstration().partnership.people) if not p.is_vacant)
    assert "Fill in all six" in shared.post(manager, at(shared, f"/settings/{number}"), **(pattern | {"half_term_2": "4"})).text
    assert shared.post(manager, at(shared, f"/settings/{number}"), **pattern).status_code == 303
    with shared.store.read() as tx:
        newest = tx.rosters.versions(partnership_id=HERE, plan_id=shared.plan_id)[0]
    assert newest.request["people"][0]["most_schools"] == 2


def test_nobody_has_more_rosters_made_at_once_than_their_share(shared, monkeypatch):
    manager = shared.browser(MANAGER)
    monkeypatch.setattr("web.roster.routes.MOST_WAITING", 0)
    with shared.store.read() as tx:
        before = len(tx.rosters.versions(partnership_id=HERE, plan_id=shared.plan_id))
    refused = shared.post(manager, at(shared, "/settings"), most_schools="5", reach_km="", newest="0")
    assert "are still to be made, so nothing was asked" in manager.get(refused.location).text
    with shared.store.read() as tx:
        assert len(tx.rosters.versions(partnership_id=HERE, plan_id=shared.plan_id)) == before


def test_a_plan_made_without_names_is_given_some(site):
    site.plan_id = HERE
    manager = site.browser(MANAGER)
    assert "No names yet" in main_of(manager.get(at(site)))
    assert "A service manager can ask" in main_of(site.browser("board").get(at(site)))
    assert site.post(manager, at(site, "/ask"), form_at=at(site)).status_code == 303
    make(site)
    assert "Nobody yet" in main_of(site.browser("head").get(at(site, f"/schools/{OWN_URN}")))  # until it is put to work
    tables = tables_of(manager.get(at(site)).text)
    assert sum(int(r[-3]) for r in tables["Everybody's half-days"][1:]) > 0
    assert site.browser("board").post(at(site, "/ask")).status_code in {400, 403}


def test_what_was_delivered_stands_beside_the_plan_and_what_is_behind_is_warned_of(shared, document, monkeypatch):
    row, numbers, _ = person_at(document)
    manager = shared.browser(MANAGER)
    page = at(shared, f"/delivered/{numbers[row['person']]}/1")
    field = f"given-{row['recipient']}"
    assert shared.post(manager, page, **{field: "two", "seen": "0"}).status_code == 422
    assert shared.post(manager, page, **{field: "1", "seen": "0"}).status_code == 303
    late = shared.post(manager, page, **{field: "3", "seen": "0"})
    assert late.status_code == 409
    assert "Somebody else has entered" in late.text
    assert 'value="3"' in late.text  # what was typed is not lost
    monkeypatch.setattr("web.roster.presenters.delivered.today", lambda: dt.date(int(document["partnership"]["academic_year"][:4]), 12, 1))
    text = manager.get(at(shared, "/delivered")).text
    terms = tables_of(text)["By half-term"]
    planned = sum(r["half_days"] for r in document["roster"] if r["half_term"] == 1)
    assert terms[1][2:] == ["Ended", str(planned), "1", str(planned - 1)]
    assert terms[2][2] == "Now"
    behind = tables_of(text)["Planned up to 1 November 2026, not entered as delivered"][1:]
    assert sum(int(r[1]) for r in behind) == planned - 1
    assert {r[2] for r in behind} == {"lost", "may be kept for next year"}
    assert "do not carry over to next year" in text
    assert shared.browser("board").get(page).status_code == 403


def test_deadlines_are_the_services_own_dates(shared):
    text = shared.browser("board").get(at(shared, "/deadlines")).text
    services = demonstration().partnership.services
    dates = [d for s in services for d in (s.order_by, s.request_by) if d]
    rows = next(iter(tables_of(text).values()), [])[1:]
    assert bool(rows) == bool(dates)
    assert {r[1] for r in rows} <= {s.name for s in services}


@pytest.mark.slow
def test_the_worker_makes_a_roster_that_was_asked_for(named, document):
    row, numbers, other = person_at(document)
    manager = named.browser(MANAGER)
    fields = {"kind": "comes", "person": str(numbers[other]), "recipient": row["recipient"], "half_term": "", "newest": "0"}
    asked = named.post(manager, at(named, "/change"), **fields)
    until = time.monotonic() + 150

    def state():
        with named.store.read() as tx:
            return tx.rosters.versions(partnership_id=HERE, plan_id=named.plan_id)[0].state

    work(named.store, name="the worker", should_end=lambda: state() is AnswerState.FINISHED or time.monotonic() > until)
    assert state() is AnswerState.FINISHED
    assert "Who comes instead" in manager.get(asked.location).text
