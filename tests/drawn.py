"""Random partnerships that fill every sheet, and texts that a spreadsheet might run: by the published schema, so that a new column is filled too."""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from random import Random

from builders import a_policy, a_service, random_world, with_random_offers

from planner import partnership as nouns
from planner.intake.parsing import row_key
from planner.intake.reading import clean_text
from planner.intake.sheets import SHEETS, Column, Kind
from planner.partnership import GRANT_ITEM, Partnership

MARK = "zq"
"""Stands in every hostile text, and in nothing that we write ourselves."""
_STARTS = (
    "", "=", "+", "-", "@", "\t=", "\r=", "\n=", "\r\n=", " =", "  +", "\u00a0=", "\u3000=", "\ufeff=", "\u200b=", "\u202e=", "\u2060-", "'=", "''=", '"=', '"";=', ",=", ";=", "|=",
    "＝", "＋", "－", "＠", "﹦", "﹢", "﹣", "﹫", "⁼", "₌", "⁺", "₊", "−", "＝-", "\x00=", "\x07@", "%0A=", "\\t=", "=-", "=+@", "--", "+=", "{=", "(=", "#=", "&=",
)  # fmt: skip
_ENDS = (
    "1+{0}", 'HYPERLINK("http://127.0.0.1:1/{0}?a="&A1,"{0}")', 'WEBSERVICE("http://127.0.0.1:1/{0}")', "cmd|' /C {0}'!A0", 'DDE("cmd";"/C {0}";"x")',
    "SUM(1+1)*{0}", 'IMPORTXML(CONCAT("http://127.0.0.1:1/",A1),"//{0}")', "[{0}.xlsx]Sheet1!A1", "'file:///etc/passwd'#$passwd.A1&\"{0}\"", "{0}", '{0}"&A1&"',
    "{0}</f><v>1</v></c>", "{0}]]><f>1+1</f>", "{0}&amp;&lt;f&gt;", "_x003D_{0}", '{0}","=1+1', "{0}\n=1+1", "{0};=1+1", "{0}\t=1+1", "${0}$1", "{0}*~?", "{0}:{0}",
)  # fmt: skip
_ODD = (
    "é – “”",
    "ß",
    "😀",
    "a\nb",
    "_x000D_",
    "a;b",
    "£5",
    "&<>",
    'a,b"c"',
    "None",
    "'a'",
    "#1",
    "1e5",
    "007",
    "2026-05-23",
    "TRUE",
    "½",
    "\ufffd",
    "50%",
    "a/b",
    "*",
    "x" * 60,
)
_TOGETHER = {"fund_id": "fund", "service_id": "service", "item": "service", "zone": "zone"}
_COUNTED = ("fsm6_pupils", "low_prior_attainment_pupils", "idaci_pupils", "sen_support_pupils")
_OURS = ("academic_year", "role")
"""Columns whose text is one of ours, so that no other may stand there."""


def hostile(count: int, seed: int = 1) -> list[str]:
    """So many texts, all different, each of which some spreadsheet might take for a formula, or that tries to break out of its cell."""
    rng = Random(seed)
    pairs = list(itertools.product(_STARTS, _ENDS))
    rng.shuffle(pairs)
    return [start + end.format(f"{MARK}{n}") for n, (start, end) in zip(range(count), itertools.cycle(pairs), strict=False)]


def seems_a_formula(text: str) -> bool:
    """Whether some spreadsheet might take a text for a formula: by its first character that can be seen, in its plain form."""
    seen = "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c)[0] not in "CZ")
    return seen.startswith(("=", "+", "-", "@"))


def reworded(partnership: Partnership, text: Callable[[], str]) -> tuple[Partnership, dict[tuple[str, str], str]]:
    """Other words in every cell of text, the same for what several sheets name; and the names given, by what they name and what it was."""
    names: dict[tuple[str, str], str] = {}

    def word(column: Column, old: str) -> str:
        about = _TOGETHER.get(column.field) or (column.field if column.kind is Kind.ID else "")
        if column.field in _OURS or old == GRANT_ITEM or (about and not old):
            return old
        if not about:
            return text()
        if (about, old) not in names:
            names[about, old] = text()
        return names[about, old]

    def record(sheet, one):
        texts = [column for column in sheet.columns if column.kind in {Kind.TEXT, Kind.ID}]
        return replace(one, **{column.field: word(column, getattr(one, column.field)) for column in texts})

    changed = {s.attribute: tuple(record(s, one) for one in getattr(partnership, s.attribute)) for s in SHEETS if s.attribute}
    (whole,) = [s for s in SHEETS if not s.attribute]
    return replace(record(whole, partnership), **changed), names


def drawn(number: int) -> Partnership:
    """A partnership with something in every sheet and column and nothing wrong in it; of a number always the same."""
    rng, unique = Random(number), itertools.count(1)
    texts = [clean_text(one) for one in hostile(300, number)]

    def text() -> str:
        n = next(unique)
        odd = rng.choice(_ODD) if rng.random() < 0.4 else rng.choice(texts)
        return clean_text(f"{odd} {n}" if rng.random() < 0.7 else f"{n} {odd} {n}")

    partnership, _ = reworded(_filled(with_random_offers(random_world(rng).partnership, rng), rng), text)
    return _with_sources(partnership, rng, text)


def _filled(p: Partnership, rng: Random) -> Partnership:
    """Every optional figure now and then, and the sheets that plans do without."""
    services = p.services or (a_service("service0"),)
    urns = [s.urn for s in p.schools]
    pupils = {s.urn: s.pupils for s in p.schools}

    def now_and_then(make):
        return make() if rng.random() < 0.7 else None

    def a_date():
        return f"20{rng.randint(20, 39)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"

    def at_most(pupils, now):
        return None if now is None else min(now, pupils)

    schools = tuple(
        replace(
            s, **{name: at_most(s.pupils, getattr(s, name)) for name in _COUNTED}, mobile_pupils=now_and_then(lambda s=s: rng.randint(0, s.pupils)),
            ehc_plan_pupils=now_and_then(lambda s=s: rng.randint(0, s.pupils // 20)), school_idaci_decile=now_and_then(lambda: rng.randint(1, 10)),
            recorded_sen_urn=now_and_then(lambda: rng.randint(100_000, 800_000)),
        )
        for s in p.schools
    )  # fmt: skip
    people = tuple(
        replace(
            one, statutory_sessions=min(one.statutory_sessions, max(0, one.sessions_a_year - one.other_duties_sessions)), drives=rng.random() < 0.8,
            based_at_urn=now_and_then(lambda: rng.choice(urns)), most_schools=now_and_then(lambda: rng.randint(1, 20)),
            first_half_term=now_and_then(lambda: rng.randint(1, 3)), last_half_term=now_and_then(lambda: rng.randint(4, 6)),
            half_term_sessions=rng.choice(((), (one.sessions_a_year, 0, 0, 0, 0, 0))),
        )
        for one in p.people
    )  # fmt: skip
    bases = tuple(
        replace(
            b, places_now=max(b.places_now, b.pupils_now), sizes=b.sizes or (8,), may_close=rng.random() < 0.5, request_by=a_date(),
            teacher_cost_pounds=now_and_then(lambda: rng.randint(0, 90_000)), opens_in_half_term=1 if b.is_open else rng.randint(1, 6),
        )
        for b in p.bases
    )  # fmt: skip
    funds = tuple(replace(f, request_by=a_date(), must_return_pounds=0) for f in p.funds)
    return replace(
        p, schools=schools, people=people, bases=bases, funds=funds, lead_school_urn=now_and_then(lambda: rng.choice(urns)),
        academic_year=rng.choice(("2026/27", "2031/32", "2099/00")), council="x", accountable_body="x",
        services=tuple(replace(s, order_by=a_date(), unused_time_is_lost=rng.random() < 0.5) for s in services),
        recorded_needs=tuple(nouns.RecordedNeed(urn=u, need=need, sen_support_pupils=rng.randint(0, pupils[u] // 10)) for u in urns for need in rng.sample(("ASD", "SLCN", "SEMH", "HI"), 2)),
        contributions=tuple(nouns.Contribution(urn=u, fund_id=p.funds[0].fund_id, pounds=rng.randint(0, 900)) for u in urns),
        last_year=p.last_year or tuple(nouns.LastYear(urn=u, item=GRANT_ITEM, amount=rng.randint(0, 9_000)) for u in urns),
        last_year_links=tuple(nouns.LastYearLink(urn=rng.choice(urns), service_id=one.service_id, person_id=one.person_id) for one in people),
        head_rules=p.head_rules or (nouns.HeadRule(rule_id="h", urn=urns[0], item=GRANT_ITEM, bound=nouns.Bound.AT_MOST, amount=9_000, is_locked=True),),
        draws=tuple(nouns.Draw(draw_id=f"d{n}", date=a_date(), pot=rng.choice(tuple(nouns.Pot)), pounds=rng.randint(0, 900), urn=now_and_then(lambda: rng.choice(urns))) for n in range(rng.randint(1, 4))),
        queries=tuple(nouns.DataQuery(query_id=f"q{n}", urn=rng.choice(urns), sheet="x", column="x", was="x", now="x", outcome="x", decided_on=a_date()) for n in range(rng.randint(1, 3))),
    )  # fmt: skip


def _with_sources(partnership: Partnership, rng: Random, text: Callable[[], str]) -> Partnership:
    """A source for some figures, half of them assumed; an assumption names the figure it is about as it stands."""
    sources = {}
    for sheet in SHEETS:
        records = getattr(partnership, sheet.attribute) if sheet.attribute else (partnership,)
        if sheet.name == "Sources" or not records:
            continue
        one, column = rng.choice(records), rng.choice(sheet.columns)
        key, value = row_key(sheet, {name: getattr(one, name) for name in sheet.key}), getattr(one, column.field)
        is_assumed = isinstance(value, int) and not isinstance(value, bool)
        sources[sheet.name, key, column.heading] = nouns.Source(
            sheet=sheet.name, key=key, column=column.heading, value=str(value) if is_assumed else "", source=text(), date=text(), is_assumed=is_assumed
        )  # fmt: skip
    return replace(partnership, sources=tuple(sources.values()))


def codes():
    """The need codes and role ids that a reader is told of."""
    policy = a_policy()
    return {"need_codes": policy.need_codes(), "role_ids": policy.role_ids()}
