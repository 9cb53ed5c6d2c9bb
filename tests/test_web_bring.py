"""Bringing a partnership: uploads and what was found in them, versions, the board's policy, the Department's files, building."""

import contextlib
import html
import io
import json
import re
from pathlib import Path
from urllib.parse import unquote

import openpyxl
import pytest
from mutations import good_workbook, good_zip
from pages import demonstration, parsed, tables_of, words_of
from test_apart import REGISTER
from websites import ELSEWHERE, HERE, OWN_URN, a_site

from planner import child
from planner.intake import apart, dfe_schools, dfe_uploads
from planner.intake.apart import read_content
from planner.intake.reading import refuse_other_files
from planner.intake.zip_guard import judge_zip
from planner.policy import load_policy, policy_from_text
from planner.store.room import DAY, database_now
from web.bring import choose, dfe_files, forms, policy
from web.bring.settings_file import settings_file

AT = f"/partnerships/{HERE}"
BRING, VERSIONS, POLICY, BUILD = (f"{AT}/{page}" for page in ("bring", "versions", "policy", "build"))
DFE = "/dfe-files"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
AVOIDED = re.compile(r"\b(winners?|losers?|worst-off|infeasible|utility|sacrifice|optimal|savings?|deficit)\b", re.IGNORECASE)
SETTINGS = "[board]\nline_percent = 75\n\n[rules]\nmoney_cap = false\n"


def read_here(content, name, policy_document):
    """As ``read_apart``, without the child process."""
    refuse_other_files(name, content)
    judge_zip(name, content)
    return read_content(name, content, policy_from_text(json.dumps(policy_document)))


def take_here(content, name):
    """As ``take_dfe_apart``, without the child process."""
    return dfe_uploads.take_dfe(name, content)


def settings_here(content, name):
    """As ``settings_apart``, without the child process."""
    path = Path(name)
    path.write_bytes(content)
    return load_policy(path)


@pytest.fixture
def site(tmp_path, monkeypatch):
    monkeypatch.setattr(choose, "read_apart", read_here)
    monkeypatch.setattr(policy, "settings_apart", settings_here)
    monkeypatch.setattr(dfe_files, "take_dfe_apart", take_here)
    monkeypatch.chdir(tmp_path)
    with a_site(tmp_path / "home") as site:
        yield site


@pytest.fixture
def empty(site):
    """A partnership that has brought nothing: its number."""
    with site.store.begin() as tx:
        return tx.partnerships.create(name="New Dale", by=site.user_ids["house"])


def workbook_with(**changes):
    """The demonstration's workbook with cells changed: ``workbook_with(Schools_D3="x")``."""
    book = openpyxl.load_workbook(io.BytesIO(good_workbook()))
    for place, value in changes.items():
        sheet, _, cell = place.partition("_")
        book[sheet][cell] = value
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def upload(site, content=None, name="Spring.xlsx", *, who="administrator", at=BRING):
    """Give a file: the answer, and the address of its findings where it was read."""
    answer = site.post(site.browser(who), at, file=(io.BytesIO(good_workbook() if content is None else content), name))
    return answer, answer.headers.get("Location", "")


def confirm(site, address, *, who="administrator", note="Spring", browser=None, **fields):
    """Confirm what a page of findings shows, or the state that ``fields`` says it shows."""
    browser = browser or site.browser(who)
    seen = re.search(r'name="based_on" value="(\d+)"', browser.get(address).text)
    return site.post(browser, address, **{"based_on": seen[1] if seen else "", "note": note, **fields})


def send_large(site, path, content, name, *, who, form_at=None):
    """Give a large file with no file on the way that the test's own browser would leave open."""
    browser = site.browser(who)
    token = re.search(r'name="csrf_token"[^>]*?value="([^"]+)"', browser.get(form_at or path).text)[1]
    parts = (
        f'--edge\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{token}\r\n',
        f'--edge\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: application/octet-stream\r\n\r\n',
    )
    body = "".join(parts).encode() + content + b"\r\n--edge--\r\n"
    return browser.post(path, data=body, content_type="multipart/form-data; boundary=edge")


def latest(site, partnership_id=HERE):
    with site.store.read() as tx:
        return tx.partnerships.partnership(partnership_id=partnership_id)


def events(site, partnership_id):
    with site.store.read() as tx:
        assert tx.events.verify_chain(partnership_id=partnership_id).is_whole
        return [(event.action, event.subject, event.detail) for event in tx.events.events(partnership_id=partnership_id)]


def main_of(text):
    return words_of(parsed(text).find(".//main"))


def fault_of(answer):
    """What the summary says; it stands first, the title says so, and the same words stand beside the field."""
    assert answer.status_code == 422
    page = parsed(answer.text)
    assert words_of(page.find(".//title")).startswith("Error: ")
    summary = next(e for e in page.iter("div") if "govuk-error-summary" in e.get("class", "").split())
    said = words_of(summary.find(".//ul"))
    link = summary.find(".//a").get("href")
    assert link.startswith("#")
    assert link[1:] in {e.get("id") for e in page.iter()}
    beside = [words_of(e) for e in page.iter("p") if e.get("class") == "govuk-error-message"]
    assert f"Error: {said}" in beside
    return said


# --- who may -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        (VERSIONS, {"head", "board", "chair", "service-manager", "commissioner", "administrator", "house"}),
        (POLICY, {"head", "board", "chair", "service-manager", "commissioner", "administrator", "house"}),
        (f"{VERSIONS}/1/workbook", {"head", "board", "chair", "service-manager", "commissioner", "administrator", "house"}),
        (BRING, {"administrator", "house"}),
        (f"{BRING}/blank-workbook", {"administrator", "house"}),
        (DFE, {"house"}),
    ],
)
def test_who_may_open_what(site, path, allowed):
    insiders = {"head", "board", "chair", "service-manager", "commissioner", "administrator", "house"}
    assert {who for who in insiders if site.browser(who).get(path).status_code == 200} == allowed
    assert {site.browser(who).get(path).status_code for who in insiders - allowed} <= {403}
    refused = 403 if path == DFE else 404
    assert {site.browser(who).get(path).status_code for who in ("elsewhere", "newcomer")} == {refused}
    assert site.browser(None).get(path).status_code == 303


@pytest.mark.parametrize(
    "path", [BRING, f"{AT}/uploads/1", f"{AT}/uploads/1/throw-away", BUILD, f"{BUILD}/near", f"{BUILD}/order", DFE, f"{DFE}/1/remove"]
)
def test_others_cannot_send_what_only_administrators_send(site, path):
    for who, form_at in (("head", POLICY), ("board", POLICY), ("elsewhere", f"/partnerships/{ELSEWHERE}/versions")):
        answer = site.post(site.browser(who), path, form_at=form_at)
        assert answer.status_code == (404 if who == "elsewhere" and path.startswith(AT) else 403)


@pytest.mark.parametrize("path", [POLICY, f"{POLICY}/confirm"])
def test_only_the_board_sets_the_policy(site, path):
    for who in ("head", "administrator", "commissioner", "service-manager"):
        assert site.post(site.browser(who), path, form_at=POLICY).status_code == 403
    assert "See what would change" not in site.browser("administrator").get(POLICY).text
    assert "See what would change" in site.browser("board").get(POLICY).text


def test_an_upload_of_another_partnership_is_not_there(site):
    _, address = upload(site)
    foreign = address.replace(AT, f"/partnerships/{ELSEWHERE}")
    for path in (foreign, f"{foreign}/marked-copy", f"{AT}/uploads/99", f"{AT}/uploads/99/marked-copy"):
        browser = site.browser("elsewhere" if path.startswith(foreign) else "administrator")
        answer = browser.get(path)
        assert answer.status_code == 404
        assert "Spring" not in answer.text
    browser = site.browser("elsewhere")
    for path in (foreign, f"{foreign}/throw-away"):
        answer = site.post(browser, path, form_at=f"/partnerships/{ELSEWHERE}/bring", note="x", based_on="1")
        assert answer.status_code == 404
    assert site.browser("administrator").get(address).status_code == 200
    assert latest(site, ELSEWHERE).latest_version == 1


# --- upload ------------------------------------------------------------------------------------


def test_a_good_workbook_is_read_kept_confirmed_and_becomes_a_version(site):
    answer, address = upload(site, workbook_with(Schools_D2=999))
    assert answer.status_code == 303
    assert latest(site).latest_version == 1  # nothing counts yet
    browser = site.browser("administrator")
    text = browser.get(address).text
    assert "We found nothing to mend" in main_of(text)
    assert tables_of(text)["Differences"] == [
        ["Row", "Sheet and cell", "Column", "In version 1", "Would be", "Who may change it"],
        ["Copperfold Primary School (900101)", "Schools, D2", "Primary pupils", "386", "999", "The head of Copperfold Primary School"],
    ]
    answer = confirm(site, address, note="Spring census")
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"{AT}/figures"
    assert "Version 2 of the figures is saved." in main_of_flash(site, answer)
    with site.store.read() as tx:
        version = tx.partnerships.latest(partnership_id=HERE)
        assert (version.version, version.note, version.made_by) == (2, "Spring census", site.user_ids["administrator"])
        assert version.partnership().schools[0].primary_pupils == 999
        assert tx.uploads.waiting(partnership_id=HERE) == ()
    assert events(site, HERE)[0] == ("figures confirmed", "version 2", {"version": 2, "upload": 1})
    assert ("figures uploaded", "upload 1", {}) in events(site, HERE)


def main_of_flash(site, answer, who="administrator"):
    """The page that an answer leads to, for somebody with the same cookie."""
    browser = site.browser(who)
    cookie = answer.headers.get("Set-Cookie")
    name, _, rest = cookie.partition("=")
    browser.set_cookie(name, rest.partition(";")[0], domain="localhost")
    return words_of(parsed(browser.get(answer.headers["Location"]).text))


def test_a_zip_of_csvs_is_as_good(site):
    answer, address = upload(site, good_zip(), "Hatherby.zip")
    assert answer.status_code == 303
    text = main_of(site.browser("administrator").get(address).text)
    assert "in Hatherby.zip" in text
    assert "Nothing: these figures are the same as those of the newest version." in text


def test_the_real_child_reads_it_and_makes_the_marked_copy(tmp_path):
    with a_site(tmp_path / "home") as site:
        _, address = upload(site, workbook_with(Schools_D3="lots"))
        browser = site.browser("administrator")
        assert "What you wrote" in browser.get(address).text
        copy = browser.get(f"{address}/marked-copy")
        assert copy.mimetype == XLSX
        assert "Spring, marked.xlsx" in copy.headers["Content-Disposition"]
        book = openpyxl.load_workbook(io.BytesIO(copy.data))
        assert book.sheetnames[0] == "Findings"
        assert "lots" in book["Schools"]["D3"].comment.text


@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        (b"hello", "notes.txt", "notes.txt is not an Excel workbook"),
        (b"", "empty.xlsx", "empty.xlsx is not an Excel workbook"),
        (b"a,b\n", "Schools.csv", "Schools.csv is a single CSV"),
        (b"\xd0\xcf\x11\xe0", "old.xls", "old.xls is an old .xls"),
        (None, "", "Choose the file to upload."),
    ],
)
def test_what_cannot_be_read_is_said_beside_the_field(tmp_path, content, name, says):
    with a_site(tmp_path / "home") as site:
        if content is None:
            answer = site.post(site.browser("administrator"), BRING)
        else:
            answer, _ = upload(site, content, name)
        assert fault_of(answer).startswith(says)
        with site.store.read() as tx:
            assert tx.uploads.waiting(partnership_id=HERE) == ()


def test_what_is_too_large_is_refused(site):
    answer = send_large(site, BRING, b"PK\x03\x04" + bytes(20_000_001), "big.xlsx", who="administrator")
    assert fault_of(answer).startswith("big.xlsx is larger than 20 MB")
    answer = send_large(site, BRING, bytes(26_000_000), "huge.xlsx", who="administrator")
    assert answer.status_code == 413
    assert "That is too large to send" in answer.text


def test_a_form_of_another_site_is_refused(site):
    browser = site.browser("administrator")
    answer = browser.post(BRING, data={"file": (io.BytesIO(good_workbook()), "x.xlsx")}, content_type="multipart/form-data")
    assert answer.status_code == 400
    with site.store.read() as tx:
        assert tx.uploads.waiting(partnership_id=HERE) == ()


def test_what_must_be_mended_comes_first_with_its_cell_and_cannot_be_confirmed(site):
    _, address = upload(site, workbook_with(Schools_D3="lots", Schools_V1="Ours", Schools_V2="x"))
    browser = site.browser("administrator")
    text = browser.get(address).text
    assert re.search(r"We found 1 thing to mend and \d+ to look at in Spring\.xlsx", main_of(text))
    tables = tables_of(text)
    captions = [caption.partition(":")[0] for caption in tables]
    assert captions[:2] == ["To mend", "To look at"]
    assert tables["To mend: 1 finding"][1] == [
        "Schools", "D3 (Primary pupils)", "lots", "'lots' is not a number.", "Write the number alone, for example 12; leave words for a note.",
    ]  # fmt: skip
    assert "Confirm and save" not in text
    assert "Upload a mended file" in text
    answer = site.post(browser, address, note="Anyway", based_on="1")
    assert answer.status_code == 422
    assert latest(site).latest_version == 1


def test_many_differences_are_counted_by_sheet_and_folded_away(site):
    _, address = upload(site, workbook_with(**{f"Last year_C{number}": number for number in range(2, 40)}))
    text = site.browser("administrator").get(address).text
    assert [row[0] for row in tables_of(text)["Differences by sheet"]] == ["Sheet", "Last year"]
    assert "Show them" in text


def test_many_findings_are_shown_in_part(site):
    book = openpyxl.load_workbook(io.BytesIO(good_workbook()))
    for number in range(2, 300):
        book["Last year"].cell(number, 1).value = 999_999
    stream = io.BytesIO()
    book.save(stream)
    _, address = upload(site, stream.getvalue())
    text = site.browser("administrator").get(address).text
    rows = next(rows for caption, rows in tables_of(text).items() if caption.startswith("To mend"))
    assert len(rows) == 201
    assert "Here are the first 200. The marked copy holds all." in main_of(text)


def test_what_waits_is_listed_and_can_be_thrown_away(site):
    _, address = upload(site, workbook_with(Schools_D3="lots"), "Faulty.xlsx")
    browser = site.browser("administrator")
    rows = tables_of(browser.get(BRING).text)["Waiting for you to confirm them or throw them away"]
    assert rows[1][0] == "Faulty.xlsx"
    assert rows[1][3].startswith("1 thing to mend")
    answer = site.post(browser, f"{address}/throw-away", form_at=address)
    assert answer.headers["Location"] == BRING
    assert "Faulty.xlsx is thrown away." in words_of(parsed(browser.get(BRING).text))
    assert browser.get(address).status_code == 404
    assert events(site, HERE)[0][:2] == ("upload thrown away", "upload 1")
    assert site.post(browser, f"{address}/throw-away", form_at=BRING).status_code == 404


def test_an_upload_waits_a_day(site):
    _, address = upload(site)
    site.store.tick = lambda connection: database_now(connection) + DAY - 60_000
    assert site.browser("administrator").get(address).status_code == 200
    site.store.tick = lambda connection: database_now(connection) + DAY + 1
    answer = site.browser("administrator").get(address)
    assert answer.status_code == 404
    assert "nobody confirmed it within a day" in answer.text


def test_the_note_is_asked_for_and_what_was_typed_stays(site):
    _, address = upload(site, workbook_with(Schools_D2=999))
    assert fault_of(confirm(site, address, note=" ")) == "Say in a few words what is new."
    answer = confirm(site, address, note="x" * 201)
    assert fault_of(answer) == "Use 200 characters or fewer."
    assert "x" * 201 in answer.text
    assert latest(site).latest_version == 1


def test_two_who_confirm_at_once_lose_nothing(site):
    first, second = upload(site, workbook_with(Schools_D2=999))[1], upload(site, workbook_with(Schools_D2=888))[1]
    assert confirm(site, first, based_on="1").status_code == 303
    answer = confirm(site, second, based_on="1", note="Mine")
    assert fault_of(answer).startswith("Somebody else saved version 2 while this page was open. Nothing is lost")
    assert 'value="Mine"' in answer.text
    assert 'name="based_on" value="2"' in answer.text
    assert "What would differ from version 2" in answer.text
    assert latest(site).latest_version == 2
    assert confirm(site, second, note="Mine").status_code == 303
    assert latest(site).latest_version == 3


def test_the_same_upload_cannot_be_confirmed_twice(site):
    _, address = upload(site)
    assert confirm(site, address).status_code == 303
    answer = site.post(site.browser("administrator"), address, form_at=BRING, based_on="2", note="Twice")
    assert answer.status_code == 404
    assert "It was confirmed or thrown away" in answer.text
    assert latest(site).latest_version == 2


@pytest.mark.parametrize("based_on", ["", "0", "x", "-1", "1" * 5000, "2"])
def test_a_state_that_was_never_shown_is_a_conflict(site, based_on):
    _, address = upload(site)
    assert confirm(site, address, based_on=based_on).status_code == 422
    assert latest(site).latest_version == 1


def test_figures_that_no_longer_fit_the_policy_are_not_saved(site):
    _, address = upload(site, workbook_with(**{"Recorded need_B2": "OTH"}))
    with site.store.begin() as tx:
        document = tx.policies.latest(partnership_id=HERE).document
        document["need"]["other_codes"]["codes"] = ["SLD"]
        tx.policies.add_version(partnership_id=HERE, document=document, note="", by=None, based_on=1)
    assert fault_of(confirm(site, address)).startswith("The policy was changed after this file was read")
    assert latest(site).latest_version == 1


def test_the_first_version_brings_the_shipped_policy(site, empty):
    at = f"/partnerships/{empty}"
    _, address = upload(site, who="house", at=f"{at}/bring")
    browser = site.browser("house")
    text = browser.get(address).text
    assert "What would differ" not in text
    assert 'value="The first figures"' in text
    assert "This file calls the partnership Hatherby Partnership. Here it is called New Dale." in main_of(text)
    assert confirm(site, address, who="house").status_code == 303
    here = latest(site, empty)
    assert (here.latest_version, here.latest_policy) == (1, 1)
    assert [action for action, *_ in events(site, empty)] == ["figures confirmed", "policy set", "figures uploaded"]
    assert browser.get(f"{at}/figures").status_code == 200
    with site.store.read() as tx:
        assert tx.policies.latest(partnership_id=empty).note == "The policy pack as it is shipped"


def test_assumed_figures_say_so(site):
    _, address = upload(site)
    assert "3 figures here are assumed: nobody has confirmed them yet." in main_of(site.browser("administrator").get(address).text)


# --- words of others ----------------------------------------------------------------------------


def test_what_others_wrote_is_never_markup(site):
    nasty = '<script>alert("1")</script>'
    _, address = upload(site, workbook_with(Schools_B2=nasty, Schools_D3=nasty), f"{nasty}.xlsx")
    browser = site.browser("administrator")
    for path in (address, BRING):
        assert "<script>alert" not in browser.get(path).text
    assert html.escape(nasty, quote=False).split(";")[1] in browser.get(address).text
    _, address = upload(site, workbook_with(Schools_B2=nasty))
    assert confirm(site, address, note=nasty).status_code == 303
    for path in (VERSIONS, f"{VERSIONS}/2/differences"):
        text = browser.get(path).text
        assert "<script>alert" not in text
        assert "&lt;script&gt;" in text


# --- versions -----------------------------------------------------------------------------------


def test_versions_say_who_when_why_and_how_many_confirmed(site):
    _, address = upload(site, workbook_with(Schools_D2=999))
    confirm(site, address, note="Spring census")
    with site.store.begin() as tx:
        tx.schools.confirm(partnership_id=HERE, urn=OWN_URN, version=2, user_id=site.user_ids["head"])
        tx.schools.confirm(partnership_id=HERE, urn=OWN_URN, version=2, user_id=site.user_ids["other-head"])
        tx.people.erase(user_id=site.user_ids["house"])
    text = site.browser("head").get(VERSIONS).text
    rows = tables_of(text)["Versions of the figures"]
    assert [row[0] for row in rows[1:]] == ["Version 2", "Version 1"]
    assert (rows[1][2], rows[1][3], rows[1][4]) == ("Administrator", "Spring census", "1 school")
    assert (rows[2][2], rows[2][4], rows[2][5]) == ("somebody who has left", "No school yet", "It is the first")
    assert f"{AT}/figures?version=1" in text
    assert "Bring figures" not in text
    changes = tables_of(site.browser("head").get(f"{VERSIONS}/2/differences").text)["What changed"]
    assert changes[1][1:3] == ["Schools", "Primary pupils"]
    assert changes[1][4] == "999"


def test_a_version_goes_out_as_a_workbook_and_comes_back_the_same(site):
    answer = site.browser("administrator").get(f"{VERSIONS}/1/workbook")
    assert answer.mimetype == XLSX
    assert "Hatherby Partnership, version 1.xlsx" in answer.headers["Content-Disposition"]
    _, address = upload(site, answer.data)
    assert "Nothing: these figures are the same" in site.browser("administrator").get(address).text


def test_a_name_breaks_out_of_no_header_and_no_json(site):
    name = 'A"; x=y\r\nSet-Cookie: z=1\r\n\r\n</script><b>é, {{ 7*7 }}\u2028'
    with site.store.begin() as tx:
        by, before = site.user_ids["house"], tx.partnerships.latest(partnership_id=HERE)
        tx.partnerships.add_version(
            partnership_id=HERE, document={**before.document, "name": name}, note="x", by=by, based_on=before.version
        )
        other = tx.partnerships.create(name=name, by=by)
        token = tx.tokens.make(user_id=by, name="Finance", days=30)
    answer = site.browser("administrator").get(f"{VERSIONS}/{before.version + 1}/workbook")
    assert answer.mimetype == XLSX
    plain, encoded = re.fullmatch(
        r"attachment; filename=\"([\w .,()&'+=@~-]+)\"; filename\*=UTF-8''(\S+)", answer.headers["Content-Disposition"], re.ASCII
    ).groups()
    assert unquote(encoded).replace("é", "e") == plain
    assert "Set-Cookie" not in answer.headers
    told = site.app.test_client().get("/api/v1/partnerships", headers={"Authorization": f"Bearer {token}"})
    assert told.content_type == "application/json"
    assert next(one["name"] for one in json.loads(told.data)["items"] if one["id"] == other) == name


def test_a_blank_workbook_is_a_workbook(site):
    answer = site.browser("administrator").get(f"{BRING}/blank-workbook")
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    assert {"Partnership", "Schools"} <= set(book.sheetnames)
    assert [str(cell.value).startswith("Example:") for cell in book["Schools"]["A"]] == [False, True]


@pytest.mark.parametrize(
    "page",
    ["versions/9/workbook", "versions/9/differences", "versions/1/differences", "versions/0/workbook", "policy/versions/1/differences"],
)
def test_a_version_that_is_not_there_is_404(site, page):
    assert site.browser("administrator").get(f"{AT}/{page}").status_code == 404


def test_a_partnership_without_figures_says_what_to_do(site, empty):
    text = site.browser("house").get(f"/partnerships/{empty}/versions").text
    assert "No figures are here yet" in text
    assert f"/partnerships/{empty}/bring" in text
    assert "has set no policy of its own yet" in site.browser("house").get(f"/partnerships/{empty}/policy").text


# --- policy -------------------------------------------------------------------------------------


def send_settings(site, settings=SETTINGS, name="board.toml", who="board"):
    content = settings.encode() if isinstance(settings, str) else settings
    return site.post(site.browser(who), POLICY, file=(io.BytesIO(content), name))


def hidden(text):
    return {
        e.get("name"): e.get("value") for e in parsed(text).iter("input") if e.get("type") == "hidden" and e.get("name") != "csrf_token"
    }


def set_policy(site, page, *, who="chair", **fields):
    return site.post(site.browser(who), f"{POLICY}/confirm", form_at=POLICY, **{**hidden(page.text), "note": "Agreed in June", **fields})


def test_the_policy_in_force_is_told_in_short(site):
    text = main_of(site.browser("head").get(POLICY).text)
    policy = demonstration().policy
    assert f"Version 1: {policy.title}" in text
    assert "The line70 percent of need met" in text
    assert "An unconfirmed figure is field knowledge or a default" in text
    assert "No school's grant rises above the board's cap on last year" in text
    assert "Floor of a school's grant\N{MINUS SIGN}10 percent change on last year" in text


def test_the_board_looks_at_new_settings_and_sets_them(site):
    page = send_settings(site)
    assert page.status_code == 200
    assert latest(site).latest_policy == 1  # nothing counts yet
    rows = tables_of(page.text)["Settings that change"]
    assert rows[0] == ["Setting", "Of", "In force", "Would be"]
    assert ["The line", "The board's settings", "70 percent of need met", "75 percent of need met"] in rows
    assert any(row[1:] == ["Rules", "On", "Off"] for row in rows)
    answer = set_policy(site, page)
    assert answer.headers["Location"] == POLICY
    assert "Version 2 of the policy is in force." in main_of_flash(site, answer, "chair")
    with site.store.read() as tx:
        version = tx.policies.latest(partnership_id=HERE)
    assert (version.version, version.note, version.made_by) == (2, "Agreed in June", site.user_ids["chair"])
    policy = policy_from_text(json.dumps(version.document))
    assert policy.board.line_percent == 75
    assert not policy.is_on("money_cap")
    assert events(site, HERE)[0] == ("policy set", "policy version 2", {"version": 2})
    assert site.browser("head").get(f"{AT}/figures").status_code == 200
    changes = site.browser("head").get(f"{POLICY}/versions/2/differences").text
    assert ["The line", "The board's settings", "70 percent of need met", "75 percent of need met"] in tables_of(changes)["What changed"]


@pytest.mark.parametrize("who", ["head", "board"])
def test_the_settings_in_force_go_out_and_come_back_the_same(site, who):
    answer = site.browser(who).get(f"{POLICY}/settings.toml")
    assert "settings.toml" in answer.headers["Content-Disposition"]
    assert "money_floor_percent = { value = -10" in answer.text
    assert "# line_percent = 70\n" in answer.text
    assert fault_of(send_settings(site, answer.text)).endswith("changes nothing: the policy in force says the same.")
    page = send_settings(site, answer.text.replace("# line_percent = 70", "line_percent = 75"))
    assert tables_of(page.text)["Settings that change"][1:] == [
        ["The line", "The board's settings", "70 percent of need met", "75 percent of need met"]
    ]


def test_settings_of_any_kind_go_out_and_come_back_the_same(tmp_path):
    path = tmp_path / "settings.toml"
    path.write_text(
        'title = "Ours \\"so\\" \\u007F 😀"\n[board]\nline_percent = 72.50\n[need.driver_weights]\npupils = 40\nfsm6 = 20\n'
        '[need.other_codes]\ncodes = ["SLD", "OTH"]\n[roles.educational_psychologist]\nname = "EP"\n[rules]\nmoney_cap = false\n'
        '[[standards]]\nid = "nurture_group_primary"\nshare_percent = 12.5\n', encoding="utf-8",
    )  # fmt: skip
    policy = load_policy(path)
    assert policy.document != load_policy().document
    path.write_text(settings_file(policy, load_policy()), encoding="utf-8")
    assert load_policy(path).document == policy.document


def test_a_standard_that_comes_or_goes_is_one_line(site):
    page = send_settings(site, "[board]\nline_percent = 75\n")
    rows = tables_of(page.text)["Settings that change"]
    assert ["Place in a hearing base, primary", "Quality standards", "There", "Taken out"] in rows
    assert not any("earing base place" in row[0] for row in rows)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ("[board]\nlines_percent = 75\n", "board.lines_percent, which the pack does not know"),
        ("[board]\nline_percent = 750\n", "board.line_percent must be"),
        ("[board\n", "board.toml is not valid TOML"),
        (b"\xff\xfe\x00", "board.toml is no text file"),
        ("#" * 100_001, "board.toml is larger than 100 KB"),
        ("[rules]\nstatutory_first = false\n", "not a rule that may be switched off"),
        ("a = " + "[" * 50_000, "board.toml"),
    ],
)
def test_settings_that_cannot_be_used_are_said_beside_the_field(site, settings, says):
    answer = send_settings(site, settings)
    said = fault_of(answer)
    assert says in said
    assert "/tmp" not in answer.text
    assert "planner policy show" not in said
    assert latest(site).latest_policy == 1


def test_no_file_and_settings_that_change_nothing_are_said(site):
    assert fault_of(site.post(site.browser("board"), POLICY)) == "Choose the file with the board's settings."
    set_policy(site, send_settings(site))
    assert fault_of(send_settings(site)) == "board.toml changes nothing: the policy in force says the same."


def test_two_who_set_the_policy_at_once_lose_nothing(site):
    mine, theirs = send_settings(site, SETTINGS.replace("75", "65")), send_settings(site)
    assert set_policy(site, theirs).status_code == 303
    answer = set_policy(site, mine, note="Mine")
    assert fault_of(answer).startswith("Somebody else set a new policy while this page was open. Nothing is lost")
    assert 'value="Mine"' in answer.text
    assert hidden(answer.text)["based_on"] == "2"
    assert ["The line", "The board's settings", "75 percent of need met", "65 percent of need met"] in tables_of(answer.text)[
        "Settings that change"
    ]
    assert set_policy(site, answer).status_code == 303
    assert latest(site).latest_policy == 3


def test_the_note_of_a_policy_is_asked_for_and_the_settings_stay(site):
    page = send_settings(site)
    answer = set_policy(site, page, note="")
    assert fault_of(answer) == "Say in a few words what is new."
    assert hidden(answer.text)["settings"] == hidden(page.text)["settings"] == SETTINGS
    assert set_policy(site, answer, settings=SETTINGS.replace("\n", "\r\n")).status_code == 303


def test_while_other_files_are_read_nothing_is_lost_that_was_typed(site, monkeypatch):
    page = send_settings(site)
    monkeypatch.setattr(choose, "read_apart", apart.read_apart)
    monkeypatch.setattr(policy, "settings_apart", apart.settings_apart)
    monkeypatch.setattr(child, "WAITS_SECONDS", 0.1)
    with contextlib.ExitStack() as others:
        for _ in range(2):
            others.enter_context(child._turns)
        said = "Several files are being read already: try again in a minute."
        assert fault_of(send_settings(site)) == said
        assert fault_of(site.post(site.browser("administrator"), BRING, file=(io.BytesIO(good_workbook()), "p.xlsx"))) == said
        busy = set_policy(site, page)  # the browser can send it again; a page with another form would not have it
    assert (busy.status_code, busy.headers["Retry-After"]) == (503, "60")
    assert "try again in a minute" in busy.text
    assert set_policy(site, page).status_code == 303


def test_settings_forged_on_the_way_are_checked_again(site):
    page = send_settings(site)
    assert "must be" in fault_of(set_policy(site, page, settings="[board]\nline_percent = 750\n"))
    assert set_policy(site, page, settings="").status_code in {303, 422}
    assert (
        "<script>"
        not in send_settings(site, SETTINGS + "# <script>alert(1)</script>\n", "<script>.toml")
        .text.partition("<main")[2]
        .partition("</main")[0]
    )


# --- the Department's files, and building ----------------------------------------------------------


def add_file(site, content=REGISTER, name="edubasealldata20260101.csv", who="house"):
    return site.post(site.browser(who), DFE, file=(io.BytesIO(content), name))


def test_the_house_uploads_a_file_once_and_removes_it(site):
    text = site.browser("house").get(DFE).text
    assert "Nothing can be built without it." in text
    answer = add_file(site)
    assert answer.headers["Location"] == DFE
    text = site.browser("house").get(DFE).text
    row = tables_of(text)["Files that are here"][1]
    assert row[:2] == ["edubasealldata20260101.csv", "The register of schools (Get Information about Schools)"]
    assert row[4:6] == ["House", "In use"]
    assert fault_of(add_file(site)) == "edubasealldata20260101.csv is kept already: there is nothing to add."
    assert site.browser("house").get(f"{DFE}/1/remove").status_code == 200
    answer = site.post(site.browser("house"), f"{DFE}/1/remove")
    assert answer.headers["Location"] == DFE
    assert "Files that are here" not in tables_of(site.browser("house").get(DFE).text)
    assert site.browser("house").get(f"{DFE}/1/remove").status_code == 404
    assert [action for action, *_ in events(site, None)][:2] == ["DfE file removed", "DfE file added"]


def test_of_two_registers_the_newer_is_used(site):
    add_file(site)
    add_file(site, REGISTER.replace(b"210", b"211"), "edubasealldata20260201.csv")
    rows = tables_of(site.browser("house").get(DFE).text)["Files that are here"]
    assert [(row[0], row[5]) for row in rows[1:]] == [
        ("edubasealldata20260201.csv", "In use"), ("edubasealldata20260101.csv", "Not used: a newer one is here"),
    ]  # fmt: skip


def test_what_is_no_file_of_the_department_is_said_beside_the_field(site):
    assert fault_of(add_file(site, b"a,b\r\n1,2\r\n", "mine.csv")).startswith("mine.csv is none of the DfE's files")
    assert fault_of(site.post(site.browser("house"), DFE)) == "Choose the file to upload."


def test_only_the_house_may_send_more_than_25_megabytes(site):
    large = b"a,b\r\n" + b"1,2\r\n" * 6_000_000
    assert fault_of(send_large(site, DFE, large, "large.csv", who="house")).startswith("large.csv is none of the DfE's files")
    assert send_large(site, DFE, large, "large.csv", who="administrator", form_at=BRING).status_code == 413


def test_without_a_register_nothing_is_built_and_it_says_who_can_help(site):
    text = main_of(site.browser("administrator").get(BRING).text)
    assert "Ask an administrator of every partnership to upload it: House." in text
    assert "Upload the Department's files once" in main_of(site.browser("house").get(BRING).text)
    for path in (BUILD, f"{BUILD}/near?find=a", f"{BUILD}/order?urns=900001,900002"):
        answer = site.browser("administrator").get(path)
        assert (answer.status_code, answer.headers["Location"]) == (303, BRING)


def test_a_partnership_is_built_round_a_school_and_confirmed(site):
    add_file(site)
    browser = site.browser("administrator")
    page = browser.get(f"{BUILD}/near?find=larch")
    assert "Larch Academy" in page.text
    assert "Secondary, URN 900002. Hatherby, WD7 3AA, Wendleshire" in main_of(page.text)
    assert "Part of its name, its URN, its town, its postcode or its council." in main_of(page.text)
    answer = site.post(browser, f"{BUILD}/near", form_at=f"{BUILD}/near?find=larch", find="larch", near="900002", count="2")
    order = answer.headers["Location"]
    assert order == f"{BUILD}/order?near=900002&count=2"
    text = browser.get(order).text
    assert "You chose Larch Academy and the school nearest to it." in main_of(text)
    assert 'value="Hatherby Partnership"' in text
    answer = site.post(browser, order, name="Hatherby Partnership", academic_year="2026/27")
    assert answer.status_code == 303, fault_of(answer)
    address = answer.headers["Location"]
    text = browser.get(address).text
    assert "2 schools built from the Department for Education's files" in main_of(text)
    assert [row[1] for row in tables_of(text)["The schools, to check"][1:]] == ["900002", "900001"]
    assert "no basis for a decision" in main_of(text)
    assert "marked copy" not in main_of(text)
    assert browser.get(f"{address}/marked-copy").status_code == 404
    assert confirm(site, address).status_code == 303
    with site.store.read() as tx:
        assert len(tx.partnerships.latest(partnership_id=HERE).partnership().schools) == 2
    assert ("figures built", "upload 1", {}) in events(site, HERE)


def test_a_partnership_is_built_from_a_list(site):
    add_file(site)
    browser = site.browser("administrator")
    answer = site.post(browser, BUILD, urns="900001\n900003, 900004;900001")
    assert answer.headers["Location"] == f"{BUILD}/order?urns=900001,900003,900004"
    order = answer.headers["Location"]
    rows = tables_of(browser.get(order).text)["The schools you listed"]
    assert [row[0] for row in rows[1:]] == ["St. Mary's Primary School", "Mary Oak Primary", "URN 900004"]
    answer = site.post(browser, order, name="Two of ours", academic_year="2027-28")
    text = main_of(browser.get(answer.headers["Location"]).text)
    assert "Two of ours, academic year 2027/28" in text
    assert "Gone School" in text  # left out, and it says so


@pytest.mark.parametrize(
    ("urns", "says"),
    [
        ("", "Enter the URNs of the schools."),
        ("900001 x<b>y", "x<b>y is no URN"),
        ("12 13", "12 is no URN"),
        ("900001, 900001", "List 2 to 60 schools. There are 1 here."),
        (" ".join(str(900_000 + n) for n in range(61)), "List 2 to 60 schools. There are 61 here."),
        ("\u0661\u0662\u0663\u0664\u0665\u0666 900001", "\u0661\u0662\u0663\u0664\u0665\u0666 is no URN"),
    ],
)
def test_a_list_that_cannot_be_used_is_said_and_stays(site, urns, says):
    add_file(site)
    answer = site.post(site.browser("administrator"), BUILD, urns=urns)
    assert says in fault_of(answer)
    assert html.escape(urns.strip())[:20] in answer.text


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"near": "900002", "count": "1"}, "How many schools must be a whole number from 2 to 60."),
        ({"near": "900002", "count": "61"}, "How many schools must be a whole number from 2 to 60."),
        ({"near": "900002", "count": ""}, "Enter how many schools."),
        ({"count": "5"}, "Choose the school in the middle."),
    ],
)
def test_a_middle_that_cannot_be_used_is_said_and_the_search_stays(site, fields, says):
    add_file(site)
    answer = site.post(site.browser("administrator"), f"{BUILD}/near", form_at=f"{BUILD}/near?find=larch", find="larch", **fields)
    assert says in fault_of(answer)
    assert "Larch Academy" in answer.text


@pytest.mark.parametrize(
    "query", ["", "?urns=1", "?urns=900001", "?near=1&count=5", "?near=900002&count=99", "?near=x&count=y", "?urns=900001;drop"]
)
def test_an_order_that_makes_no_sense_is_404(site, query):
    add_file(site)
    assert site.browser("administrator").get(f"{BUILD}/order{query}").status_code == 404


def test_what_the_builder_refuses_is_said_and_the_name_stays(site):
    add_file(site)
    browser = site.browser("administrator")
    order = f"{BUILD}/order?urns=900001,123456"
    answer = site.post(browser, order, name="My name", academic_year="2026/27")
    assert fault_of(answer).startswith("edubasealldata20260101.csv has no school with URN 123456")
    assert 'value="My name"' in answer.text
    for year in ("2026", "2026/28", "x"):
        assert "academic year" in fault_of(site.post(browser, order, name="My name", academic_year=year))
    assert fault_of(site.post(browser, order, name="", academic_year="2026/27")) == "Enter the partnership's name."
    with site.store.read() as tx:
        assert tx.uploads.waiting(partnership_id=HERE) == ()


def test_a_search_that_finds_nothing_says_so(site):
    add_file(site)
    browser = site.browser("administrator")
    assert "No open mainstream state school fits these words." in browser.get(f"{BUILD}/near?find=zzz").text
    assert "Enter some words to find it by." in browser.get(f"{BUILD}/near").text
    assert "<script>" not in browser.get(f"{BUILD}/near?find=<script>").text.partition("<main")[2].partition("</main")[0]


def test_a_search_names_only_what_the_register_holds(site):
    heading, *lines = REGISTER.decode("cp1252").splitlines()
    bare = [line.rpartition(",")[0].rpartition(",")[0] for line in (heading, *lines)]
    many = [
        f"9{n:05},Wendleshire,Elm {n},Community school,Local authority maintained schools,Open,Primary,90,450000,240000"
        for n in range(99, 130)
    ]
    add_file(site, "\r\n".join((*bare, *many)).encode())
    browser = site.browser("administrator")
    for page in (BUILD, f"{BUILD}/near"):
        text = main_of(browser.get(page).text)
        assert "Part of its name, its URN or its council." in text
        assert "postcode" not in text
    assert "More schools fit these words. Add the council to see them." in main_of(browser.get(f"{BUILD}/near?find=elm").text)


def test_the_counts_are_those_of_the_builder():
    assert (forms.FEWEST_SCHOOLS, forms.MOST_NEAR_SCHOOLS) == (dfe_schools.FEWEST_SCHOOLS, dfe_schools.MOST_NEAR_SCHOOLS)


# --- every page -----------------------------------------------------------------------------------


def test_every_page_has_one_heading_a_title_of_its_own_no_id_twice_and_the_words_of_the_house(site):
    add_file(site)
    upload(site, workbook_with(Schools_D3="lots"), "A.xlsx")
    upload(site, workbook_with(Schools_D2=999), "B.xlsx")
    _, done = upload(site, workbook_with(Schools_D2=998), "C.xlsx")
    confirm(site, done)
    set_policy(site, send_settings(site))
    settings = send_settings(site, SETTINGS.replace("75", "65"))
    house, browser = site.browser("house"), site.browser("administrator")
    texts = {path: browser.get(path).text for path in (
        BRING, f"{AT}/uploads/1", f"{AT}/uploads/2", done, VERSIONS, f"{VERSIONS}/2/differences", POLICY, f"{POLICY}/versions/2/differences",
        BUILD, f"{BUILD}/near?find=mary", f"{BUILD}/order?urns=900001,900002",
    )}  # fmt: skip
    texts |= {path: house.get(path).text for path in (DFE, f"{DFE}/1/remove")} | {"settings": settings.text}
    titles = []
    for path, text in texts.items():
        page = parsed(text)
        assert len(list(page.iter("h1"))) == 1, path
        ids = [e.get("id") for e in page.iter() if e.get("id")]
        assert len(ids) == len(set(ids)), path
        assert not AVOIDED.search(main_of(text)), path
        assert "soon" not in main_of(text)
        titles.append(words_of(page.find(".//title")))
        if path.startswith(AT):
            assert "Hatherby Partnership" in titles[-1]
    assert len(set(titles)) == len(titles)
