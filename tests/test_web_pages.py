"""Pages of a plan are good HTML and hold the figures of the measures, in the words of the product."""

import re
from dataclasses import replace

import pytest
from jinja2 import UndefinedError
from pages import all_pages, demonstration, demonstration_plan, document_of, parsed, tables_of, words_of
from websites import ELSEWHERE, HERE, OTHER_URN, OWN_URN, PEOPLE, a_site, bring

from planner.export.summary import claims
from planner.measures import standing
from planner.need import WHOLE, world_of
from planner.plan import Baseline
from planner.store import Role
from web.charts import BarLine, DotRow, Kind, bars, dot_plot
from web.plans.presenters.our_school import our_school
from web.plans.presenters.place_map import _apart
from web.plans.presenters.summary import summary
from web.shelf import KeptPlan
from web.tables import numbers, row, table
from web.words import pounds, signed

AVOIDED = re.compile(r"\b(winners?|losers?|worst-off|infeasible|utility|sacrifice|optimal|savings?|deficit|diagnosis)\b", re.IGNORECASE)
PAGES = {"", "/more-and-less", "/schools", "/map", "/services", "/bases", "/standards", "/money", "/other-ways", "/how-good", "/downloads"}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with a_site(tmp_path_factory.mktemp("home") / "home") as site:
        yield site


@pytest.fixture(scope="module")
def texts(site):
    """Address -> the text of every page of the demonstration's plan, as the head of one school sees it."""
    found = all_pages(site.browser("head"), site.plan(), within=site.plan())
    return {path.removeprefix(site.plan()): text for path, text in found.items()}


def main_of(text):
    return words_of(parsed(text).find(".//main"))


def test_following_links_reaches_every_page(texts):
    facts = demonstration_plan().facts
    assert {f"/schools/{s.urn}" for s in facts.partnership.schools} | PAGES <= set(texts)
    assert len([p for p in texts if p.startswith("/standards/")]) == len({c.standard_id for c in facts.world.picture.cells})


def test_every_page_has_one_heading_a_language_a_title_of_its_own_and_no_id_twice(texts):
    titles = []
    for path, text in texts.items():
        page = parsed(text)
        assert page.get("lang") == "en-GB"
        assert len(list(page.iter("h1"))) == 1, path
        ids = [e.get("id") for e in page.iter() if e.get("id")]
        assert len(ids) == len(set(ids)), path
        titles.append(words_of(page.find(".//title")))
        assert "GOV.UK" not in text
        assert " style=" not in text
        assert not AVOIDED.search(main_of(text)), path
        assert "The right to ask for an EHC needs assessment is unaffected." in text
        assert next(a.get("href") for a in page.iter("a")) == "#main-content"
    assert len(titles) == len(set(titles))


def test_every_page_says_which_plan_it_is_and_that_no_money_is_attached(site, texts):
    for path, text in texts.items():
        said = main_of(text)
        assert "No money is attached to it and nobody has agreed it." in said, path
        assert "from figures version 1 and policy version 1" in said
        assert demonstration_plan().fingerprint[:16] in said
        assert f"http://localhost{site.plan(path)}" in said, "the address is there for paper"
        assert f'href="/partnerships/{HERE}/runs/1"' in text


def test_the_trail_leads_back_to_the_plans(texts):
    trail = [words_of(li) for li in parsed(texts["/schools/900101"]).iter("li") if li.get("class") == "govuk-breadcrumbs__list-item"]
    assert trail[0] == "Plans"
    assert trail[1].startswith("Plan of ")
    assert trail[2:] == ["Schools"]


def test_the_first_page_has_the_counts_first(texts):
    here = demonstration_plan().facts.standing
    numbers_shown = [words_of(e) for e in parsed(texts[""]).iter("dd")]
    assert numbers_shown == [str(n) for n in (here.met, here.partly_met, here.under_half, here.out_of_reach)]
    assert "points" not in main_of(texts[""])


def test_the_list_says_versions_run_and_fingerprint(site):
    text = site.browser("board").get(f"/partnerships/{HERE}/plans").text
    (shown,) = tables_of(text)["Plans"][1:]
    assert shown[4:6] == ["Figures 1, policy 1", "Run 1"]
    assert shown[-1] == demonstration_plan().fingerprint[:16]


def test_the_first_page_explains_why_another_way_may_meet_more_in_full(texts):
    kept = demonstration_plan()
    assert "can meet more of them in full and still leave more need below the line" in main_of(texts[""])
    everything = {c.cell_id: WHOLE for c in kept.facts.world.picture.cells if not c.out_of_reach}
    better = replace(kept.facts.amounts, need_met=everything)
    plan = replace(kept.facts.plan, baselines=(Baseline(name="x", title="A wish (of ours)", amounts=better, rules_broken=("money_cap",)),))
    wish = replace(kept, facts=type(kept.facts)(plan, kept.facts.world))
    with a_context():
        said = summary(wish).beside[1]
    more = len(everything) - kept.facts.standing.met
    assert said == f"A wish meets {more} more in full and leaves less need below the line, and breaks 1 rule that the plan keeps."


def test_the_ledger_is_that_of_the_measures(texts):
    rows = tables_of(texts["/schools"])["In and out of each school, academic year"][1:]
    ledgers = demonstration_plan().facts.ledgers
    for ledger, shown in zip(ledgers, rows[:-1], strict=True):
        assert shown[:6] == [
            ledger.school.name, pounds(ledger.paid_in_pounds), pounds(ledger.grant_pounds), f"{ledger.own_sessions}",
            pounds(ledger.priced_sessions_pounds), pounds(ledger.net_pounds),
        ]  # fmt: skip
        assert shown[8:] == [f"{ledger.met} of {ledger.standards}", str(ledger.under_half), str(ledger.out_of_reach)]
    assert rows[-1][2] == pounds(sum(x.grant_pounds for x in ledgers))


def test_every_school_page_says_what_it_gets_and_why(texts):
    facts = demonstration_plan().facts
    for ledger in facts.ledgers:
        text = texts[f"/schools/{ledger.school.urn}"]
        shown = words_of(parsed(text).find(".//main"))
        assert pounds(ledger.grant_pounds) in shown
        assert f"{ledger.own_sessions} half-days" in shown
        given = {r[0]: r[1] for r in tables_of(text)["What the school gets, from whom, by when"][1:]}
        for service_id, sessions in ledger.sessions:
            name = next(s.name for s in facts.partnership.services if s.service_id == service_id)
            assert [v for k, v in given.items() if k.startswith(name)] == [f"{sessions} half-day{'s' if sessions > 1 else ''}"]
        zone = facts.world.picture.zone_of(ledger.school.urn).zone_id
        for reason in facts.reasons.values():
            if reason.recipient in {str(ledger.school.urn), zone}:
                assert re.split(r" percent\. | is out of reach\. ", reason.sentence, maxsplit=1)[1] in shown


def test_standards_are_counted_as_the_measures_count_them(texts):
    rows = tables_of(texts["/standards"])["Standards, by the schools or zones that have the need"]
    here = demonstration_plan().facts.standing
    assert rows[-1][3:] == [str(n) for n in (here.standards, here.met, here.partly_met, here.under_half, here.out_of_reach)]
    for column in range(3, 8):
        assert sum(int(r[column]) for r in rows[1:-1]) == int(rows[-1][column])


def test_services_give_what_the_plan_gives(texts):
    facts = demonstration_plan().facts
    rows = tables_of(texts["/services"])["Half-days a year, by service"][1:]
    assert [r[7] for r in rows] == [str(facts.given(s.service_id)) for s in facts.partnership.services]
    for service in facts.partnership.services:
        given = tables_of(texts["/services"]).get(f"Who gets time of {service.name}", [[]])[1:]
        assert sum(int(r[1]) for r in given) == facts.given(service.service_id)


def test_every_fund_balances_on_its_page(texts):
    facts = demonstration_plan().facts
    tables = tables_of(texts["/money"])
    for fund in facts.partnership.funds:
        left = tables[f"{fund.name}, pounds"][-1]
        assert left[1:] == [pounds(a.left) for a in facts.accounts if a.fund_id == fund.fund_id]


def test_bases_and_places_are_the_plans(texts):
    facts = demonstration_plan().facts
    tables = tables_of(texts["/bases"])
    assert [r[5] for r in tables["Bases: now and in this plan"][1:]] == [
        str(facts.amounts.base_sizes.get(b.base_id, 0)) for b in facts.partnership.bases
    ]
    assert sum(int(r[4]) for r in tables["Places by base, zone and standard"][1:]) == sum(facts.amounts.places.values())


def test_who_gets_more_comes_with_its_picture_and_its_table(texts):
    page = parsed(texts["/more-and-less"])
    lines = [words_of(li) for li in page.iter("li") if li.get("class") == "app-plot__row"]
    rows = tables_of(texts["/more-and-less"])["Grants, pounds a year"][1:]
    assert len(lines) == len(rows) == 12
    for line, (name, before, after, change) in zip(lines, rows, strict=True):
        assert line == f"{name} last year {before}, this plan {after}, {change}"


def test_the_map_has_a_link_for_every_school_and_the_same_in_a_table(texts):
    page = parsed(texts["/map"])
    marks = [a for a in page.iter("{http://www.w3.org/2000/svg}a") if a.get("class") == "app-map__link"]
    rows = tables_of(texts["/map"])["Schools on the map"][1:]
    schools = demonstration_plan().facts.partnership.schools
    assert [m.get("href") for m in marks] == [address(demonstration_plan(), f"/schools/{s.urn}") for s in schools]
    assert [m.get("aria-label").split(",")[0] for m in marks] == [r[0] for r in rows]


def test_other_ways_are_measured_alike(texts):
    facts = demonstration_plan().facts
    rows = {r[0]: r[1:] for r in tables_of(texts["/other-ways"])["The plan beside other ways to share"]}
    ways = [facts.amounts, *(b.amounts for b in facts.plan.baselines)]
    stands = [standing(facts.world.picture, facts.policy, amounts) for amounts in ways]
    assert rows["Standards fully met"] == [str(s.met) for s in stands]
    assert rows["Need below the board's line of 70 percent, points"] == [f"{s.shortfall_points:.1f}" for s in stands]


def test_how_good_makes_the_claims_it_may_and_no_more(texts):
    facts = demonstration_plan().facts
    shown = words_of(parsed(texts["/how-good"]).find(".//main"))
    assert all(claim in shown for claim in claims(facts.plan, facts.world))
    assert "a rerun may differ" in shown


def test_the_smallest_partnership_has_all_its_pages_too(tmp_path):
    kept = small_plan()
    user = User(user_id="u", name="U", roles={kept.partnership_id: frozenset({Role.HEAD})})
    assert len(all_pages(app_of(tmp_path, kept, user=user))) > 12


def test_text_of_others_is_never_markup(tmp_path):
    world = demonstration()
    bad = '<script>alert("x")</script>{{ 7*7 }}&'
    schools = tuple(replace(s, name=f"{bad}{s.urn}") for s in world.partnership.schools)
    services = tuple(replace(s, name=f"{bad}{s.service_id}", request_to=bad) for s in world.partnership.services)
    kept = kept_plan(document_of(world_of(replace(world.partnership, schools=schools, services=services), world.policy)))
    texts = all_pages(app_of(tmp_path, kept))
    assert sum("{{ 7*7 }}" in text for text in texts.values()) > 20
    assert not any("<script>alert" in text for text in texts.values())


# --- small parts -----------------------------------------------------------------------------


def test_a_misspelt_name_in_a_template_is_an_error(tmp_path):
    app = app_of(tmp_path)
    with app.test_request_context("/"), pytest.raises(UndefinedError):
        app.jinja_env.from_string("{{ fraem.state }}").render()


def test_a_table_whose_rows_do_not_fit_its_headings_is_refused():
    with pytest.raises(ValueError, match="1 cells under 2"):
        table("T", numbers("a", "b"), [row("1")])


def test_signs_are_true_and_stay_with_their_figures():
    assert signed("A School -£2,400, low-cost +5") == "A School −\u2060£2,400, low-cost +\u20605"


@pytest.mark.parametrize("most", [0, 1, 3, 7, 99, 28_800, 1_000_000])
def test_the_scale_of_a_dot_plot_begins_at_nought_and_holds_every_dot(most):
    plot = dot_plot(title="T", before="b", after="a", show=str, rows=[DotRow(name="n", before=0, after=most, change="")])
    assert plot.ticks[0].text == "0"
    assert int(plot.ticks[-1].text) >= most
    assert 2 <= len(plot.ticks) <= 6
    assert 0 <= float(plot.rows[0].after_x.rstrip("%")) <= 100


def test_marks_on_one_spot_are_pushed_apart_and_stay_on_the_sheet():
    placed = _apart([(500.0, 400.0)] * 6, [False] * 6, 1000, 800)
    assert all(abs(a[0] - b[0]) + abs(a[1] - b[1]) > 40 for i, a in enumerate(placed) for b in placed[:i])
    assert all(0 < x < 1000 and 0 < y < 800 for x, y in placed)
