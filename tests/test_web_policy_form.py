"""The board's policy in a form: laid over what is in force, through the page that asks, with a version and no surprise."""

import json
import re
from decimal import Decimal
from fractions import Fraction

import pytest
from pages import parsed, tables_of, words_of
from websites import ELSEWHERE, HERE, a_site

from planner.errors import InputMustBeMended
from planner.intake.differences import _settings as policy_settings
from planner.policy import MAY_BE_PRICED, load_policy, policy_from_text, with_changes
from planner.rules import RULES
from planner.store import Role
from web.bring.policy_presenters import changes_view
from web.bring.policy_settings import number_typed, settings_groups
from web.bring.policy_words import names_of, setting_words

POLICY = f"/partnerships/{HERE}/policy"
CHANGE = f"{POLICY}/change"
INSIDERS = ("head", "service-manager", "commissioner", "administrator")
LINE = next(one for group in settings_groups(load_policy()) for one in group.settings if one.path == "board.line_percent")


@pytest.fixture
def site(tmp_path):
    with a_site(tmp_path / "home") as site:
        yield site


def fields_of(text, *, hidden_only=False):
    """What a browser would send from a page's form."""
    form = parsed(text).find(".//main").findall(".//form")[-1]
    sent = {}
    for e in form.iter("input"):
        is_sent = e.get("type") == "hidden" if hidden_only else e.get("type") != "checkbox" or e.get("checked") is not None
        if is_sent and e.get("name") != "csrf_token":
            sent.setdefault(e.get("name"), []).append(e.get("value"))
    if not hidden_only:
        for e in form.iter("select"):
            sent[e.get("name")] = [one.get("value") for one in e.iter("option") if one.get("selected") is not None]
    return {name: values[0] for name, values in sent.items()}


def look(site, *, who="board", off=(), page=None, **changed):
    """Fill in the form as a browser shows it, with some answers changed."""
    browser = site.browser(who)
    sent = fields_of(page or browser.get(CHANGE).text)
    sent |= {name.replace("__", "-"): value for name, value in changed.items()}
    sent |= {f"rules-{rule}": "off" for rule in off}
    return site.post(browser, CHANGE, **sent)


def confirm(site, page, *, who="board", note="Agreed", **fields):
    return site.post(site.browser(who), f"{CHANGE}/confirm", form_at=CHANGE, **fields_of(page.text, hidden_only=True), note=note, **fields)


def in_force(site, partnership_id=HERE):
    with site.store.read() as tx:
        latest = tx.policies.latest(partnership_id=partnership_id)
    return latest.version, policy_from_text(json.dumps(latest.document))


def changes_on(page):
    assert page.status_code in {200, 422}
    return [(row[0], *row[2:]) for row in tables_of(page.text)["Settings that change"][1:]]


def fault_of(answer):
    """What the summary says: the title says so too, and it leads to a field or button that has the same words beside it."""
    assert answer.status_code == 422
    page = parsed(answer.text)
    assert words_of(page.find(".//title")).startswith("Error: ")
    summary = next(e for e in page.iter("div") if "govuk-error-summary" in e.get("class", "").split())
    said = [words_of(e) for e in summary.iter("li")]
    assert [words_of(e) for e in page.iter("p") if e.get("class") == "govuk-error-message"] == [f"Error: {one}" for one in said]
    assert {e.get("href")[1:] for e in summary.iter("a")} <= {e.get("id") for e in page.iter()}
    return said[0] if len(said) == 1 else said


def test_figures_and_rules_set_in_the_form_are_the_next_version_and_the_rest_stays(site):
    _, before = in_force(site)
    page = look(
        site, off=["money_cap"], board__line_percent="72,5 %", roles__educational_psychologist__minimum_block_sessions="8 half-days"
    )
    assert changes_on(page) == [
        ("The line", "70 percent of need met", "72.5 percent of need met"),
        ("No school's grant rises above the board's cap on last year, rounded up to a step.", "On", "Off"),
        ("Smallest block", "6 half-day sessions a year", "8 half-day sessions a year"),
    ]
    assert in_force(site)[0] == 1  # nothing counts yet
    assert fault_of(confirm(site, page, note="")) == "Say in a few words what is new."
    answer = confirm(site, page)
    assert (answer.status_code, answer.headers["Location"]) == (303, POLICY)
    version, after = in_force(site)
    assert version == 2
    # The board's own settings of before, from a file, are there still, to the last source.
    assert after == with_changes(before, {
        "board.line_percent": Decimal("72.5"), "rules.money_cap": False, "roles.educational_psychologist.minimum_block_sessions": 8,
    })  # fmt: skip
    assert after.board.money_floor_percent == -10
    assert "hearing_base_place" in {one.standard_id for one in after.standards}
    line = next(figure for figure in after.figures if figure.path == "board.line_percent")
    assert (line.value, line.source, line.confidence) == ("72.5", "Set by the board", "set by the board")
    with site.store.read() as tx:
        assert tx.policies.latest(partnership_id=HERE).note == "Agreed"
        assert tx.events.events(partnership_id=HERE)[0].subject == "policy version 2"


def test_the_smallest_number_that_is_published_is_set_though_no_pack_has_it(site):
    board = site.browser("board")
    assert "In force: 5 pupils (unconfirmed)." in words_of(parsed(board.get(CHANGE).text))
    assert fault_of(look(site, publication__fewest_pupils_shown="4")).endswith("must be a whole number from 5 to 100.")
    page = look(site, publication__fewest_pupils_shown="10")
    assert changes_on(page) == [("Smallest number of pupils that is published", "Not set", "10 pupils")]
    confirm(site, page)
    assert in_force(site)[1].fewest_pupils_shown == 10
    assert "In force: 10 pupils, set by the board." in words_of(parsed(board.get(CHANGE).text))
    assert fault_of(look(site)).startswith("You changed nothing")


def test_a_run_asked_for_afterwards_plans_by_it(site):
    confirm(site, look(site, board__line_percent="65"))
    runs = f"/partnerships/{HERE}/runs"
    site.post(site.browser("board"), f"{runs}/new", **fields_of(site.browser("board").get(f"{runs}/new").text))
    with site.store.read() as tx:
        assert tx.runs.runs(partnership_id=HERE)[0].policy_version == 2
    assert site.shelf.figures(HERE).world.policy.board.line_percent == 65


def test_the_form_tells_what_is_in_force_and_where_it_comes_from(site):
    page = parsed(site.browser("board").get(CHANGE).text)
    ids = [e.get("id") for e in page.iter() if e.get("id")]
    assert len(ids) == len(set(ids))
    assert {e.get("href")[1:] for e in page.find(".//main").iter("a") if e.get("href").startswith("#")} <= set(ids)
    text = words_of(page.find(".//main"))
    assert "In force: −10 percent change on last year, set by the board." in text
    assert re.search(
        r"In force: 70 percent of need met \(unconfirmed\)\. Source: Planner default; the board sets it\. Dated \d+ \w+ \d{4}\.", text
    )
    confirm(site, look(site, off=["money_floor"]))
    assert "set by the board. Its rule is off now" in words_of(parsed(site.browser("board").get(CHANGE).text).find(".//main"))


def test_the_form_as_it_was_changes_nothing_and_says_so(site):
    assert fault_of(look(site)).startswith("You changed nothing")
    assert fault_of(look(site, board__line_percent="70.0 %")).startswith("You changed nothing")


def test_a_whole_figure_is_said_without_decimals(site):
    old, path = load_policy(), "board.sessions_floor_percent"
    with site.app.test_request_context():
        rows = [changes_view(old, with_changes(old, {path: Decimal(new)}), "Settings").table.rows for new in ("-84.0", "-84.5")]
    assert [row[0].cells[-1].text.split()[0] for row in rows] == ["\u221284", "\u221284.5"]


@pytest.mark.parametrize(
    ("text", "value"),
    [("12.5", "12.5"), ("12,5", "12.5"), (" 5 % ", "5"), ("5%", "5"), ("5 per cent", "5"), ("7.50", "7.5"), ("+7", "7"), ("0,125", "0.125"), ("100", "100")],
)  # fmt: skip
def test_what_is_plainly_meant_is_taken(text, value):
    assert str(number_typed(text, LINE)) == value


def test_signs_and_thousands_are_taken():
    cap = next(one for group in settings_groups(load_policy()) for one in group.settings if one.path == "board.money_cap_percent")
    assert [number_typed(text, cap) for text in ("-10", "−10", "– 10 %", "1,000", "12,500.5 %")][:4] == [-10, -10, -10, 1000]


@pytest.mark.parametrize("text", ["", "0", "0.65", "0 %", "100.5", "-5", "1e1", "5 schools", "7 0", "1,2,3", "5%%", "١٢", "9" * 300])
def test_what_is_not_plain_or_cannot_be_is_refused(text):
    with pytest.raises(InputMustBeMended, match=r"^The line must be a number from 1 to 100\.$"):
        number_typed(text, LINE)


def test_what_cannot_be_is_said_beside_its_field_and_stays_as_typed(site):
    answer = look(site, board__line_percent="<b>lots")
    assert fault_of(answer) == "The line must be a number from 1 to 100."
    assert fields_of(answer.text)["board-line_percent"] == "<b>lots"


def test_every_fault_is_said_at_once_in_the_order_of_the_form(site):
    answer = look(
        site, roles__specialist_teacher__minimum_block_sessions="2.5", board__schools_in_a_zone="none", priorities__specialist="0"
    )
    assert fault_of(answer) == [
        "The size of a zone must be a whole number from 1 to 1,000.",
        "The weight of a specialist need must be a whole number from 1 to 1,000.",
        "Specialist teacher: the smallest block must be a whole number from 0 to 10,000.",
    ]


def test_figures_that_cannot_be_right_together_are_said_by_their_names(site):
    answer = look(site, board__contingency_percent="60", board__moderated_pot_percent="40")
    assert fault_of(answer) == "The contingency and the moderated pot together must be under 100 percent of cash."
    assert "The cap on a school's grant must be at least the floor" in fault_of(look(site, board__money_cap_percent="-20"))
    assert look(site, board__money_cap_percent="-20", off=["money_cap"]).status_code == 200


def test_what_need_is_expected_from_is_weighed_in_the_form(site):
    answer = look(site, need__driver_weights__fsm6="20")
    assert fault_of(answer).startswith("The weight of the number of pupils, the weight of free school meals, ")
    assert fault_of(answer).endswith(" must add up to 100; they come to 110.")
    page = look(site, need__driver_weights__fsm6="20", need__driver_weights__pupils="40")
    assert confirm(site, page).status_code == 303
    assert dict(in_force(site)[1].driver_weights) | {"fsm6": 20, "pupils": 40} == dict(in_force(site)[1].driver_weights)


def test_somebody_who_set_a_policy_meanwhile_loses_nothing(site):
    browser = site.browser("chair")
    old_form, mine = browser.get(CHANGE).text, look(site, board__line_percent="65", who="chair")
    assert confirm(site, look(site, board__contingency_percent="6", off=["sessions_floor"])).status_code == 303
    # Already on the page that asks: it shows mine over theirs, asks again, and then theirs is kept.
    asked = confirm(site, mine, who="chair", note="Mine")
    assert fault_of(asked).startswith("Somebody else set a new policy while this page was open. Nothing is lost")
    assert changes_on(asked) == [("The line", "70 percent of need met", "65 percent of need met")]
    assert 'value="Mine"' in asked.text
    # Still on the old form: what I left alone there is no change of mine.
    late = look(site, who="chair", page=old_form, board__line_percent="66")
    assert fault_of(late).startswith("Somebody else set a new policy")
    assert changes_on(late) == [("The line", "70 percent of need met", "66 percent of need met")]
    assert confirm(site, asked, who="chair").status_code == 303
    version, policy = in_force(site)
    assert (version, policy.board.line_percent, policy.board.contingency_percent, policy.is_on("sessions_floor")) == (3, 65, 6, False)


def test_what_somebody_else_has_set_the_same_is_no_change_any_more(site):
    mine = look(site, board__line_percent="65", who="chair")
    confirm(site, look(site, board__line_percent="65"))
    assert fault_of(confirm(site, mine, who="chair")).startswith("You changed nothing")
    assert in_force(site)[0] == 2


def test_the_way_back_keeps_the_answers(site):
    page = look(site, board__line_percent="65", off=["money_cap"])
    back = next(e.get("href") for e in parsed(page.text).iter("a") if e.get("class") == "govuk-back-link")
    sent = fields_of(site.browser("board").get(back).text)
    assert sent["board-line_percent"] == "65"
    assert (sent["rules-money_cap"], sent["rules-money_floor"]) == ("off", "on")


def test_changes_forged_on_the_way_are_checked_again(site):
    page = look(site, board__line_percent="65")
    browser = site.browser("board")
    forged = fields_of(page.text, hidden_only=True) | {
        "board-line_percent": "750",
        "rules-statutory_first": "off",
    }
    assert "above 0" in fault_of(site.post(browser, f"{CHANGE}/confirm", form_at=CHANGE, note="x", **forged))
    forged["board-line_percent"] = "65"
    assert site.post(browser, f"{CHANGE}/confirm", form_at=CHANGE, note="x", **forged).status_code == 303
    assert in_force(site)[1].is_on("statutory_first")


def test_a_partnership_that_set_none_starts_from_the_pack(site):
    with site.store.begin() as tx:
        fresh = tx.partnerships.create(name="New Dale", by=site.user_ids["house"])
        user = site.user_ids["newcomer"]
        tx.people.add_membership(user_id=user, partnership_id=fresh, role=Role.CHAIR)
    browser, at = site.browser("newcomer"), f"/partnerships/{fresh}/policy/change"
    page = site.post(browser, at, **{**fields_of(browser.get(at).text), "board-line_percent": "80"})
    assert changes_on(page) == [("The line", "70 percent of need met", "80 percent of need met")]
    site.post(browser, f"{at}/confirm", form_at=at, note="Ours", **fields_of(page.text, hidden_only=True))
    assert in_force(site, fresh)[1].board.line_percent == 80


def test_only_the_board_has_the_form(site):
    for who in INSIDERS:
        browser = site.browser(who)
        assert browser.get(CHANGE).status_code == 403
        assert [site.post(browser, path, form_at="/account").status_code for path in (CHANGE, f"{CHANGE}/confirm")] == [403, 403]
        assert CHANGE not in browser.get(POLICY).text
    assert site.browser("elsewhere").get(CHANGE).status_code == 404
    assert site.browser("board").get(f"/partnerships/{ELSEWHERE}/policy/change").status_code == 404
    text = site.browser("board").get(POLICY).text
    assert f'href="{CHANGE}"' in text
    assert "Change the rest in a file" in text


def test_the_limits_beside_the_fields_are_those_of_the_policy():
    policy = load_policy()
    for one in (one for group in settings_groups(policy) for one in group.settings):
        for beyond in (one.limits.least - (0 if one.limits.is_above else 1), one.limits.most + 1):
            assert not one.limits.holds(Fraction(beyond))
            with pytest.raises(InputMustBeMended, match=one.path):
                with_changes(policy, {one.path: beyond})
        assert one.limits.holds(Fraction(one.limits.most))


def test_every_setting_is_said_in_words_and_none_by_its_key():
    policy = load_policy()
    plain = json.loads(policy.document)
    paths = (
        [path for path, _ in policy_settings(plain, "")]
        + [f"prices.{rule_id}" for rule_id in MAY_BE_PRICED]
        + ["publication.fewest_pupils_shown"]
        + [f"board.standard_floors.{policy.standards[0].standard_id}"]
    )
    said = {path: setting_words(path, names_of(policy)) for path in paths}
    assert [path for path, words in said.items() if "_" in words or words.rstrip().endswith(":")] == []
    keys = {path: path.rpartition(".")[2] for path in said}
    assert [path for path, words in said.items() if "_" in keys[path] and keys[path].replace("_", " ") == words.casefold()] == []
    assert said["board.cohort_fill_percent"] == "New places given in the first year"
    assert said["board.line_percent.source"] == "The line: where it is from"


def test_a_setting_that_a_pack_names_itself_is_said_too():
    policy = load_policy()
    pack = policy.document.replace('"capital_pounds_per_pupil"', '"pupil_premium_pounds_per_pupil"')
    own = policy_from_text(pack)
    rows = changes_view(policy, own, "Changes").table.rows
    assert {row.cells[0].text for row in rows} >= {"Pupil premium, for each pupil", "Capital, for each pupil"}
    assert setting_words("assume.something_else", {}) == "Something else"


def test_the_page_shows_no_setting_by_its_key(site):
    text = words_of(parsed(site.browser("board").get(POLICY).text)).casefold()
    assert [key for key in json.loads(load_policy().document)["board"] if key.replace("_", " ") in text] == []


def test_a_rule_may_give_way_at_a_price_and_be_kept_again(site):
    assert "above 0" in fault_of(look(site, rules__money_floor="price"))
    page = look(site, rules__money_floor="price", prices__money_floor="0.02")
    sentence = RULES["money_floor"].sentence
    assert changes_on(page) == [(sentence, "Not set", "0.02 points of need for one of its pounds")]
    back = next(e.get("href") for e in parsed(page.text).iter("a") if e.get("class") == "govuk-back-link")
    kept = fields_of(site.browser("board").get(back).text)
    assert (kept["rules-money_floor"], kept["prices-money_floor"]) == ("price", "0.02")
    before = in_force(site)[1]
    confirm(site, page)
    _, after = in_force(site)
    assert after.price("money_floor") == Fraction(1, 50)
    assert "May give way: 0.02 points for each pound" in site.browser("board").get(POLICY).text
    assert fault_of(look(site)).startswith("You changed nothing")
    confirm(site, look(site, rules__money_floor="on"))
    assert in_force(site)[1] == before


def test_what_is_not_for_sale_has_no_price_in_the_form_or_on_the_way(site):
    page = look(site, board__line_percent="65")
    assert "prices-statutory_first" not in fields_of(site.browser("board").get(CHANGE).text)
    forged = fields_of(page.text, hidden_only=True) | {"prices-host_consent": "5"}
    assert site.post(site.browser("board"), f"{CHANGE}/confirm", form_at=CHANGE, note="x", **forged).status_code == 303
    assert in_force(site)[1].prices == ()
