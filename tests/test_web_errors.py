"""What goes wrong is told truly: each status has its own words and keeps its number, and ours are not laid at anybody's door."""

import pytest
from pages import parsed, words_of
from websites import a_site
from werkzeug.exceptions import MethodNotAllowed, RequestedRangeNotSatisfiable, TooManyRequests, default_exceptions

from web.access import PUBLIC
from web.errors import PAGES, page_for

OUR_FAULT = PAGES[500].title


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with a_site(tmp_path_factory.mktemp("home")) as site:
        yield site


def answer_to(site, error):
    """What a browser gets where a page raises this."""

    def broken():
        raise error

    broken.declared_access = PUBLIC
    site.app.view_functions["pages.help_page"] = broken
    return site.app.test_client().get("/help")


@pytest.mark.parametrize("status", sorted(code for code in default_exceptions if code >= 400))
def test_an_error_keeps_its_number_and_only_ours_says_it_is_ours(site, status):
    answer = answer_to(site, default_exceptions[status]())
    assert answer.status_code == status
    title = words_of(parsed(answer.text).find(".//h1"))
    assert title == page_for(status).title
    if status < 500:
        assert title != OUR_FAULT
        assert "our side" not in words_of(parsed(answer.text).find(".//main"))


@pytest.mark.parametrize("status", [413, 414, 415, 416, 429])
def test_statuses_that_people_meet_have_words_of_their_own(status):
    assert [code for code, page in PAGES.items() if page.title == page_for(status).title] == [status]


@pytest.mark.parametrize(
    ("error", "header", "value"),
    [
        (MethodNotAllowed(valid_methods=["GET"]), "Allow", "GET"),
        (RequestedRangeNotSatisfiable(length=10), "Content-Range", "bytes */10"),
        (TooManyRequests(retry_after=60), "Retry-After", "60"),
    ],
)
def test_what_programs_are_told_stands_in_the_headers(site, error, header, value):
    answer = answer_to(site, error)
    assert answer.headers[header] == value
    assert answer.mimetype == "text/html"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "TRACE"])
def test_a_page_used_in_another_way_says_so(site, method):
    answer = site.app.test_client().open("/sign-in", method=method)
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]
    assert words_of(parsed(answer.text).find(".//h1")) == PAGES[405].title


def test_no_route_answers_to_trace_or_connect(site):
    assert not [rule.rule for rule in site.app.url_map.iter_rules() if rule.methods & {"TRACE", "CONNECT"}]
    assert site.app.test_client().open("/api/v1/partnerships", method="TRACE").status_code == 405
