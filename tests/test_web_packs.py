"""The packs in the browser: on the page of downloads, each to whom it is for."""

from __future__ import annotations

import io
import threading
import zipfile

import openpyxl
import pytest
from pages import demonstration_document, demonstration_plan, parsed, words_of
from websites import HERE, OTHER_URN, OWN_URN, a_site

from planner.errors import InputMustBeMended, SolverFault
from planner.export.plan_decision import DecisionTaken
from planner.export.plan_workbook import BOARD_COPY
from web.packs import files, routes
from web.packs.presenters import PUBLIC_COPY
from web.plans.presenters.downloads import ONE_OF_A_YEAR


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with a_site(tmp_path_factory.mktemp("home") / "home") as site:
        yield site


def taken(site, who, name):
    answer = site.browser(who).get(site.plan(f"/packs/{name}.zip"))
    assert answer.status_code == 200
    packed = zipfile.ZipFile(io.BytesIO(answer.data))
    return {one: packed.read(one) for one in packed.namelist()}


def urns(letters):
    return {int(name.partition("-")[0]) for name in letters}


def test_the_page_of_downloads_offers_the_packs_one_may_take(site):
    for who, word in (("head", "Letter to governors"), ("board", "Letters to governors"), ("commissioner", "")):
        text = site.browser(who).get(site.plan("/downloads")).text
        assert all(f'href="{site.plan(f"/packs/{name}.zip")}"' in text for name in ("public", "board"))
        assert (f'href="{site.plan("/packs/letters.zip")}"' in text) is bool(word)
        assert word in words_of(parsed(text))


def test_a_head_takes_the_letter_of_the_own_school_and_the_board_all(site):
    assert urns(taken(site, "head", "letters")) == {OWN_URN}
    assert urns(taken(site, "other-head", "letters")) == {OTHER_URN}
    assert urns(taken(site, "board", "letters")) == {school.urn for school in demonstration_plan().facts.partnership.schools}
    assert site.browser("commissioner").get(site.plan("/packs/letters.zip")).status_code == 403
    assert site.browser("elsewhere").get(site.plan("/packs/public.zip")).status_code == 404
    assert site.browser("board").get(f"/partnerships/{HERE}/plans/99/packs/public.zip").status_code == 404


def decision(*_, reads_votes):
    return DecisionTaken(
        facts=(("Decision", "3: The year's plan"),), votes=(("Member 7", "Plan 1", ""),) if reads_votes else None, signatures=()
    )


def test_the_packs_carry_their_mark_the_plans_standing_and_the_decision(site, monkeypatch):
    monkeypatch.setattr(routes, "decision_taken", decision)
    public, board = taken(site, "board", "public"), taken(site, "board", "board")
    book = openpyxl.load_workbook(io.BytesIO(board["plan.xlsx"]), read_only=True)
    rows = [[cell for cell in row if cell] for row in book["Provenance"].iter_rows(values_only=True)]
    assert ["Decision", "3: The year's plan"] in rows
    assert any(row[:2] == ["Member 7", "Plan 1"] for row in rows)
    monkeypatch.setattr(files, "board_files", lambda *_, taken, **__: [("votes", lambda: repr(taken.votes).encode())])
    assert taken(site, "commissioner", "board") == {"votes": b"None"}, "who may not read votes is not given the copy kept for who may"
    assert PUBLIC_COPY in public["public-pack.html"].decode()
    assert BOARD_COPY in board["board-pack.html"].decode()
    for page in (public["public-pack.html"], board["board-pack.html"], *taken(site, "head", "letters").values()):
        assert "It is for trying out until every head has confirmed" in page.decode()


def test_only_the_plan_that_schools_read_has_a_pack_for_publication(tmp_path):
    """From the packs of two plans, numbers left out of each could be worked out."""
    with a_site(tmp_path) as fresh:
        board = fresh.browser("board")
        with fresh.store.begin() as tx:
            run_id = tx.runs.request_run(
                partnership_id=HERE, partnership_version=1, policy_version=1, settings={}, by=fresh.user_ids["house"]
            )
            second = tx.runs.keep_made_elsewhere(partnership_id=HERE, run_id=run_id, document=demonstration_document())
            tx.plans.choose(partnership_id=HERE, plan_id=second, by=fresh.user_ids["chair"])
        other = f"/partnerships/{HERE}/plans/{second}"
        answer = board.get(fresh.plan("/packs/public.zip"), follow_redirects=True)
        assert answer.request.path == fresh.plan("/downloads")
        assert f"Only the plan that schools read has a pack for publication, and that is plan {second}." in words_of(parsed(answer.text))
        assert f'href="{fresh.plan("/packs/public.zip")}"' not in answer.text
        assert f'href="{other}/downloads"' in answer.text
        assert ONE_OF_A_YEAR in words_of(parsed(board.get(f"{other}/downloads").text))
        packed = zipfile.ZipFile(io.BytesIO(board.get(f"{other}/packs/public.zip").data))
        assert ONE_OF_A_YEAR in words_of(parsed(packed.read("public-pack.html").decode()))


@pytest.mark.parametrize(("fault", "times"), [(InputMustBeMended("One number could be told."), 1), (SolverFault("Not just now."), 4)])
def test_a_refusal_is_kept_and_one_caller_at_a_time_has_a_plan_audited(tmp_path, monkeypatch, fault, times):
    asked, at_once, most_at_once = [], threading.Semaphore(1), []

    def refuses(*_, **__):
        asked.append(1)
        most_at_once.append(at_once.acquire(timeout=0))
        threading.Event().wait(0.05)
        at_once.release()
        raise fault

    monkeypatch.setattr(files, "public_files", refuses)
    with a_site(tmp_path) as fresh:
        callers = [fresh.browser("board") for _ in range(3)]
        said = []
        threads = [
            threading.Thread(target=lambda who=who: said.append(who.get(fresh.plan("/packs/public.zip")).location)) for who in callers
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        answer = callers[0].get(fresh.plan("/packs/public.zip"), follow_redirects=True)
    assert len(said) == 3
    assert str(fault) in answer.text
    assert len(asked) == times
    assert all(most_at_once), "never two at once"


def test_who_would_wait_for_a_long_audit_is_told_so(tmp_path, monkeypatch):
    is_going, may_end = threading.Event(), threading.Event()

    def is_long(*_, **__):
        is_going.set()
        may_end.wait(20)
        return []

    monkeypatch.setattr(files, "public_files", is_long)
    with a_site(tmp_path) as fresh:
        first, second, statuses = fresh.browser("board"), fresh.browser("head"), []
        maker = threading.Thread(target=lambda: statuses.append(first.get(fresh.plan("/packs/public.zip")).status_code))
        maker.start()
        assert is_going.wait(60)
        told = second.get(fresh.plan("/packs/public.zip"), follow_redirects=True)
        is_going_still = maker.is_alive()
        may_end.set()
        maker.join()
        assert is_going_still
        assert told.request.path == fresh.plan("/downloads")
        assert "The pack is being made: try again in a minute." in words_of(parsed(told.text))
        assert statuses == [200]
        assert second.get(fresh.plan("/packs/public.zip")).status_code == 200


def test_a_pack_that_cannot_be_audited_is_refused_with_a_sentence(tmp_path, monkeypatch):
    def fails(*_, **__):
        raise SolverFault("The tables for publication could not be audited just now, so none was made: try again in a minute.")

    monkeypatch.setattr(files, "public_files", fails)
    with a_site(tmp_path) as fresh:
        answer = fresh.browser("service-manager").get(fresh.plan("/packs/public.zip"), follow_redirects=True)
    assert answer.request.path.endswith("/downloads")
    assert "could not be audited just now" in answer.text
