"""A head's landing and the letter to governors: the ledger's own figures, on one sheet."""

from __future__ import annotations

from dataclasses import replace

import pytest
import websites
from pages import demonstration, demonstration_plan, document_of, parsed, tables_of, words_of
from walking import CHROMIUM, NO_CHROMIUM, Walker, launch
from websites import HERE, OWN_URN, a_site, bring

from planner.need import world_of
from planner.store import Role
from web.plans.presenters.letter import MOST_LETTERS, governors_letter
from web.plans.presenters.our_school import our_school
from web.words import pounds


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with a_site(tmp_path_factory.mktemp("home") / "home") as site:
        yield site


def test_a_head_of_one_school_lands_on_it_and_everybody_else_on_what_to_do(site):
    own, overview = f"/partnerships/{HERE}/our-school/{OWN_URN}", f"/partnerships/{HERE}"
    assert site.browser("head").get("/").headers["Location"] == own
    assert f'href="{own}"' in site.browser("head").get(f"{overview}/figures").text, "one step from everywhere"
    with site.store.begin() as tx:
        both = tx.people.add_user(name="Both", sign_in="both")
        tx.people.add_membership(user_id=both, partnership_id=HERE, role=Role.HEAD, urn=OWN_URN)
        tx.people.add_membership(user_id=both, partnership_id=HERE, role=Role.BOARD)
        new = tx.partnerships.create(name="New", by=both)
        early = tx.people.add_user(name="Early", sign_in="early")
        tx.people.add_membership(user_id=early, partnership_id=new, role=Role.HEAD, urn=OWN_URN)
    site.user_ids |= {"both": both, "early": early}
    assert site.browser("both").get("/").headers["Location"] == overview
    assert site.browser("early").get("/").headers["Location"] == f"/partnerships/{new}", "no plan yet"


def test_the_letter_has_the_ledgers_figures_and_the_plans_whole_fingerprint(site):
    kept = demonstration_plan()
    ledger = kept.facts.ledgers[0]
    text = site.browser("head").get(site.plan(f"/schools/{ledger.school.urn}/letter")).text
    said = words_of(next(parsed(text).iter("main")))
    rows = {row[0]: row[1:] for row in tables_of(text)["In and out, this year beside last year"]}
    assert rows["Pays into the pool"][0] == pounds(ledger.paid_in_pounds)
    assert rows["Grant"][:2] == [pounds(ledger.grant_pounds), pounds(ledger.last_year_grant_pounds)]
    assert rows["Received in all, half-days at their price"][0] == pounds(ledger.grant_pounds + ledger.priced_sessions_pounds)
    assert rows["Received less paid in"][0] == pounds(ledger.net_pounds)
    counts = tables_of(text)["Quality standards"][1]
    assert sum(map(int, counts[1:])) == ledger.standards
    assert (int(counts[1]), int(counts[3]), int(counts[4])) == (ledger.met, ledger.under_half, ledger.out_of_reach)
    assert kept.fingerprint in said
    assert "The board" in said.partition("What would have to change, and who could change it")[2]
    assert site.browser("head").get(site.plan("/schools/999999/letter")).status_code == 404
    assert site.browser("elsewhere").get(site.plan(f"/schools/{ledger.school.urn}/letter")).status_code == 404


def test_what_a_school_owes_is_its_contributions_its_bases_and_its_orders(site):
    kept = demonstration_plan()
    p, amounts = kept.facts.partnership, kept.facts.amounts
    with site.app.test_request_context():
        for ledger in kept.facts.ledgers:
            said = our_school(kept, ledger.school.urn).owes
            paid = [c for c in p.contributions if c.urn == ledger.school.urn and c.pounds]
            hosted = [b for b in p.bases if b.host_urn == ledger.school.urn and amounts.base_sizes.get(b.base_id)]
            assert sum(line.startswith("It pays £") for line in said) == len(paid)
            assert sum(line.startswith("It hosts ") for line in said) == len(hosted)
            assert all(line.endswith(".") for line in said)


def test_long_reasons_are_cut_at_a_sentence(site):
    kept = demonstration_plan()
    with site.app.test_request_context():
        for school in kept.facts.partnership.schools:
            for reason in governors_letter(kept, school.urn).reasons:
                assert len(reason.who) <= MOST_LETTERS + 4
                assert reason.who.endswith((".", "..."))


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason=NO_CHROMIUM)
def test_every_letter_is_one_sheet_of_a4_also_with_the_longest_names(tmp_path):
    playwright = pytest.importorskip("playwright.sync_api")
    world = demonstration()
    long = tuple(
        replace(s, name=f"{s.name} and the Federation of Voluntary Aided Church Schools of the Upper Valley")
        for s in world.partnership.schools
    )
    document = document_of(world_of(replace(world.partnership, schools=long), world.policy))
    with a_site(tmp_path / "home") as site, websites.served(site.app) as address, playwright.sync_playwright() as driver:
        with site.store.begin() as tx:
            partnership_id, plan_id = bring(tx, document, by=site.user_ids["house"])
            tx.people.add_membership(user_id=site.user_ids["board"], partnership_id=partnership_id, role=Role.BOARD)
        browser = launch(driver)
        walker = Walker(browser, address)
        walker.context.add_cookies([{"name": "planner", "value": site.browser("board").get_cookie("planner").value, "url": address}])
        for school in long:
            walker.page.goto(f"{address}/partnerships/{partnership_id}/plans/{plan_id}/schools/{school.urn}/letter")
            content = walker.page.pdf(prefer_css_page_size=True)
            assert content.count(b"/Type /Page\n") == 1, school.name
        browser.close()
