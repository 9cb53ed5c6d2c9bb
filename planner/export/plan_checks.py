"""The sheet Checks: every rule that a spreadsheet can test, as live formulas over the other sheets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import PatternFill

from planner import rules
from planner.audit import LEAST_SHOWN, money_cap_pounds, most_of, price_at
from planner.council_lines import money_lines, planned_pence
from planner.export.plan_buying import bought_rows, number_bought
from planner.export.plan_facts import Facts
from planner.export.plan_support import NOTHING, kind_name, places_at_once
from planner.export.plan_uses import added_up
from planner.export.tables import HUNDREDTHS, POUNDS, WHOLE, Book, Column, Formula, Row, Table, Value, figure, font, text_column
from planner.fairness import (
    SHARE_UNITS,
    capped_sessions,
    host_limit,
    host_shares,
    places_for_information,
    secondary_steps,
    session_value_pounds,
)
from planner.measures import SPENDING_USES
from planner.need import WHOLE as WHOLE_MET
from planner.next_year import most_next_year_pounds, next_year_pounds
from planner.partnership import GRANT_ITEM, Bound, Consent, DecisionRight, FundUse, Phase
from planner.rules import Rule
from planner.supply import (
    MONTHS,
    base_reaches,
    first_year_places,
    host_condition,
    is_planned,
    most_planned_places,
    places_now,
    sizes_of,
    smallest_useful_places,
)

_GREEN, _RED = PatternFill("solid", bgColor="C9EBD3"), PatternFill("solid", bgColor="F6B8B0")
_ARITHMETIC = "adds_up"
EVERY_RULE_HOLDS = "Every rule that is tested here is kept."
_NOTHING_TO_TEST = {
    rules.DECISION_RIGHT: "nothing here is for information only",
    rules.ALLOWED_USES: "every fund may pay for everything",
    rules.TIME_BOUGHT: "no service sells packages or has price breaks",
    rules.PUPILS_NOW_KEPT: "no base that is planned here is open",
    rules.HOST_CONSENT: "every host has said yes",
    rules.HOST_MOST_PLACES: "no host has said how many places at most",
    rules.SMALLEST_USEFUL_BASE: "no new base is offered",
    rules.COHORT_FILL: "the board sets no limit, or there is no base",
    rules.HOST_SHARE: "no place serves its host's own pupils",
    rules.SECONDARIES_IN_PROPORTION: "no secondary has a step to take this year",
    rules.MONEY_FLOOR: "no school's grant of last year is known",
    rules.MONEY_CAP: "no school's grant of last year is known",
    rules.SESSIONS_FLOOR: "no school's half-days of last year are known, or the floor allows none",
    rules.SESSIONS_CAP: "no school's half-days of last year are known",
    rules.NO_WORSE_OUTSIDE: "no school pays in",
    rules.HEAD_RULE: "no head has given a rule",
    rules.STANDARD_FLOOR: "the board names no standard",
    rules.NEED_FROM_SUPPORT: "no need is expected",
}
"""Why a rule that is on may have no check: there is nothing that it could bind. Every rule can be tested in a spreadsheet."""


def why_untested(rule: Rule) -> str:
    """Why a rule that is on has no check on the sheet."""
    return f"nothing to test: {_NOTHING_TO_TEST.get(rule, 'there is no service, fund or base that it could bind')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """Where the figures stand that the checks test."""

    schools: Table
    time: Table
    services: Table
    bases: Table
    places: Table
    accounts: Table
    held: Table
    pots: Table
    council: Table
    needs: Table
    standards: Table
    buying: Table | None
    support: Table
    short: Mapping[str, int]
    by_fund: Table
    by_place: Table
    roster: Table | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Check:
    """One comparison of two figures, each a formula or a number."""

    rule_id: str
    says: str
    where: str
    left: Value
    must_be: str  # =, <= or >=
    right: Value
    look: str = WHOLE
    at: str = ""
    is_priced: bool = False

    @property
    def formula(self) -> str:
        """Whether it holds, live; a rule that may give way at a price says by how much it is missed.

        Words or an error in a figure's place hold nothing: a spreadsheet would call words more than any number, and count no error.
        """
        holds = f"{{left}}{self.must_be}{{right}}"
        said = f'IF({holds},TRUE,"missed by "&ROUND(ABS({{left}}-{{right}}),2)&", priced")' if self.is_priced else holds
        return f"=IF(COUNT({{left}},{{right}})=2,{said},FALSE)"

    def said(self) -> bool | str:
        """What the formula comes to."""
        if self.holds() or not self.is_priced:
            return self.holds()
        left, right = figure(self.left), figure(self.right)
        assert isinstance(left, int | float)
        assert isinstance(right, int | float)
        return f"missed by {round(abs(left - right), 2):g}, priced"

    def holds(self) -> bool:
        left, right = figure(self.left), figure(self.right)
        assert isinstance(left, int | float)
        assert isinstance(right, int | float)
        return {"=": left == right, "<=": left <= right, ">=": left >= right}[self.must_be]


def checks_sheet(book: Book, facts: Facts, tables: Tables) -> tuple[Table, dict[str, list[bool | str]]]:
    """Every check with its two figures and whether it holds, whether all do, and what the checks of each rule say."""
    page = book.page(
        "Checks",
        "Checks: do the rules hold?",
        "Every figure is worked out live from the other sheets. Change an amount there: the check it breaks turns red and names its rule.",
    )
    checks = list(_checks(facts, tables))
    head = page.row
    page.row += 2
    columns = [
        text_column("rule", "Rule", 22, help="The rule's name, as on the sheet Rules; adds_up tests sums only."),
        text_column("says", "What is tested", 63),
        text_column("where", "Where", 36),
        Column(key="left", heading="Figure", width=11, help="As the plan has it; pounds, half-days, places or a count, by the rule."),
        text_column("must_be", "Must be", 9),
        Column(key="right", heading="What it is held against", width=12),
        Column(key="holds", heading="Holds", width=9, look="General"),
    ]
    words = {"=": "equal to", "<=": "at most", ">=": "at least"}
    rows: list[Row] = [
        {
            "rule": check.rule_id,
            "says": check.says,
            "where": check.where,
            "left": check.left,
            "must_be": words[check.must_be],
            "right": check.right,
            "holds": Formula(check.formula, check.said()),
        }
        for check in checks
    ]
    table = page.table(columns, rows, name="plan_checks", freeze=2, has_filter=True)
    for i, check in enumerate(checks):
        for key in ("left", "right"):
            page.sheet[f"{table.letters[key]}{table.first + i}"].number_format = check.look
    held = sum(check.holds() for check in checks)
    span, bold = table.span("holds"), font(13, is_bold=True)
    page.write(head, 1, "All checks hold", face=bold)
    count = Formula(f'=COUNTIF({span},TRUE)&" of "&ROWS({span})&" hold"', f"{held} of {len(checks)} hold")
    if any(check.is_priced for check in checks):
        priced = f'COUNTIF({span},"*priced")'
        count = Formula(f'=COUNTIF({span},TRUE)&" of "&ROWS({span})&" hold, "&{priced}&" give way at a price"',
                        f"{held} of {len(checks)} hold, {sum(c.said() is not True for c in checks if c.is_priced)} give way at a price")  # fmt: skip
    page.write(head, 2, count, look="General", face=bold)
    letter = table.letters["holds"]
    page.write(head, len(columns), Formula(f"=AND({span})", all(check.said() is not False for check in checks)), look="General", face=bold)
    rule, says, where = (table.span(key) for key in ("rule", "says", "where"))
    first = f"MATCH(FALSE,{span},0)"
    named = f'"Not kept: "&INDEX({rule},{first})&" ("&INDEX({where},{first})&"). "&INDEX({says},{first})'
    page.write(head + 1, 1, Formula(f'=IF(COUNTIF({span},FALSE)=0,"{EVERY_RULE_HOLDS}",{named})', _first_broken(checks)), look="General")
    # One range from the head line down: LibreOffice 7.4 crashes printing a coloured TRUE beside text.
    for truth, fill in (("AND(ISLOGICAL({0}),{0})", _GREEN), ("AND(ISLOGICAL({0}),NOT({0}))", _RED)):
        coloured = FormulaRule(formula=[truth.format(f"{letter}{head}")], fill=fill)
        page.sheet.conditional_formatting.add(f"{letter}{head}:{letter}{table.last}", coloured)
    page.finish()
    tested: dict[str, list[bool | str]] = {}
    for check in checks:
        tested.setdefault(check.rule_id, []).append(check.said())
    return table, tested


def _first_broken(checks: Sequence[_Check]) -> str:
    """Which rule is not kept first, or that all are."""
    broken = next((check for check in checks if check.said() is False), None)
    return EVERY_RULE_HOLDS if broken is None else f"Not kept: {broken.rule_id} ({broken.where}). {broken.says}"


def _checks(facts: Facts, tables: Tables) -> Iterator[_Check]:
    """Every check of a rule that is on, and every sum."""
    for check in (
        *_rights(facts, tables),
        *_money(facts, tables),
        *_time(facts, tables),
        *_bought(facts, tables),
        *_bases(facts, tables),
        *_protection(facts, tables),
        *_fairness(facts, tables),
        *_need(facts, tables),
        *_heads(facts, tables),
        *_sums(facts, tables),
    ):
        if facts.policy.is_on(check.rule_id):
            yield replace(check, is_priced=bool(price_at(facts.world, check.rule_id, check.at or check.where)))


def _of(rule: Rule, where: str, left: Value, must_be: str, right: Value, look: str = WHOLE) -> _Check:
    return _Check(rule_id=rule.rule_id, says=rule.sentence, where=where, left=left, must_be=must_be, right=right, look=look)


def _at(table: Table, key: str, index: int, value: float) -> Formula:
    """A live reference to one figure."""
    return Formula("=" + table.cell(key, index), value)


# --- rights and money --------------------------------------------------------------------


def _rights(facts: Facts, tables: Tables) -> Iterator[_Check]:
    for i, service in enumerate(facts.partnership.services):
        if service.decision_right is DecisionRight.INFORMATION:
            yield _of(rules.DECISION_RIGHT, service.name, _at(tables.services, "given", i, facts.given(service.service_id)), "=", 0)
    for i, base in enumerate(facts.partnership.bases):
        if base.decision_right is DecisionRight.INFORMATION:
            yield _of(rules.DECISION_RIGHT, base.name, _at(tables.bases, "size", i, facts.amounts.base_sizes.get(base.base_id, 0)), "=", 0)
    uses = {"grants": FundUse.GRANTS, "pot": FundUse.MODERATED_POT} | {f"use_{i}": use for i, use in enumerate(SPENDING_USES)}
    for i, fund in enumerate(facts.partnership.funds):
        accounts = facts.accounts[2 * i : 2 * i + 2]
        spent = [
            {"grants": a.grants, "pot": a.moderated_pot} | {f"use_{n}": pounds for n, (_, pounds) in enumerate(a.by_use)} for a in accounts
        ]
        if not is_planned(fund):
            yield _of(rules.DECISION_RIGHT, fund.name, _other_uses(tables.accounts, i, list(uses), spent), "=", 0, POUNDS)
        others = [key for key, use in uses.items() if use not in fund.allowed_uses]
        if others:
            yield _of(rules.ALLOWED_USES, f"{fund.name}, all other uses", _other_uses(tables.accounts, i, others, spent), "=", 0, POUNDS)


def _other_uses(accounts: Table, fund: int, keys: list[str], spent: list[dict[str, int]]) -> Formula:
    cells = "+".join(accounts.cell(key, 2 * fund + year) for year in (0, 1) for key in keys)
    return Formula("=" + cells, sum(year[key] for year in spent for key in keys))


def _money(facts: Facts, tables: Tables) -> Iterator[_Check]:
    accounts = tables.accounts
    for i, account in enumerate(facts.accounts):
        name = f"{facts.partnership.funds[i // 2].name}, {account.financial_year}"
        yield _of(rules.FUND_BALANCE, f"{name}, left", _at(accounts, "left", i, account.left), ">=", 0, POUNDS)
    for i, fund in enumerate(facts.partnership.funds):
        first, second = facts.accounts[2 * i], facts.accounts[2 * i + 1]
        carried_in, carried_out = (
            _at(accounts, "carried_in", 2 * i + 1, second.carried_in),
            _at(accounts, "carried_out", 2 * i, first.carried_out),
        )
        yield _of(rules.FUND_BALANCE, f"{fund.name}, carried over 31 March", carried_in, "=", carried_out, POUNDS)
    yield from _costs(facts, tables)
    yield from _next_year(facts, tables)
    for year, name in enumerate(facts.partnership.financial_years):
        held = sum(facts.amounts.spending.get((f.fund_id, year + 1, FundUse.CONTINGENCY), 0) for f in facts.partnership.funds)
        contingency = f"use_{SPENDING_USES.index(FundUse.CONTINGENCY)}"
        least = tables.held.cell("contingency", year)
        yield _of(
            rules.CONTINGENCY_HELD,
            name,
            _in_year(tables, contingency, year, held),
            ">=",
            Formula("=" + least, facts.least_contingency[year]),
            POUNDS,
        )
    for half_term, least_pounds in facts.least_pots.items():
        released = sum(n for (_, h), n in facts.amounts.pots.items() if h == half_term)
        left = Formula(f"={tables.pots.total(f'half_{half_term}')}", released)
        right = _at(tables.held, "pot", 0 if half_term <= 4 else 1, least_pounds)
        yield _of(rules.MODERATED_POT_RELEASED, f"half-term {half_term}", left, ">=", right, POUNDS)


def _in_year(tables: Tables, key: str, year: int, value: int) -> Formula:
    return Formula("=" + tables.accounts.sum_where(key, "year", tables.held.cell("year", year)), value)


def _costs(facts: Facts, tables: Tables) -> Iterator[_Check]:
    """Time and bases are paid in the year they run, openings before 31 March."""
    months = facts.policy.board.september_to_march_months
    running, march = tables.bases.total("running"), f"{tables.bases.total('running')}*{months}/{MONTHS}"
    if facts.lead_in_pounds:
        running += f"+{tables.bases.total('lead_in')}"
    if facts.lead_in_pounds or facts.opens_during_the_year:
        march = tables.bases.total("march")
    time = tables.services.total("cost")
    yearly = (
        (FundUse.SPECIALIST_TIME, time, f"{time}*{months}/{MONTHS}", facts.time_pounds, months * facts.time_pounds),
        (FundUse.BASE_RUNNING, running, march, facts.running_pounds + facts.lead_in_pounds, facts.running_by_march_twelfths),
    )
    for use, total, first, pounds, twelfths in yearly:
        part, key = f"ROUND({first},6)", f"use_{SPENDING_USES.index(use)}"
        # The pound that months do not divide evenly may fall on either side of 31 March.
        yield _paid(facts, tables, use, 0, ">=", Formula(f"=ROUNDDOWN({part},0)", twelfths // MONTHS))
        yield _paid(facts, tables, use, 0, "<=", Formula(f"=ROUNDUP({part},0)", -(-twelfths // MONTHS)))
        both = Formula("=" + tables.accounts.total(key), sum(_paid_in(facts, use, year) for year in (0, 1)))
        yield _of(rules.COSTS_PAID, f"{use.value}, both years", both, "=", Formula("=" + total, pounds), POUNDS)
    yield _paid(facts, tables, FundUse.BASE_OPENING, 0, "=", Formula("=" + tables.bases.total("opening"), facts.opening_pounds))
    yield _paid(facts, tables, FundUse.BASE_OPENING, 1, "=", 0)


def _next_year(facts: Facts, tables: Tables) -> Iterator[_Check]:
    """What comes again of this plan, beside the money that does."""
    accounts = tables.accounts
    parts = [accounts.total(key) for key in ("grants", f"use_{SPENDING_USES.index(FundUse.CONTINGENCY)}", "pot")]
    if facts.policy.is_on(rules.NEXT_YEAR_AFFORDABLE.rule_id):
        cost = Formula(
            "=" + "+".join([*parts, tables.services.total("cost"), tables.bases.total("next_year")]),
            next_year_pounds(facts.partnership, facts.policy, facts.amounts),
        )
        most = most_next_year_pounds(facts.partnership, facts.policy)
        yield _of(rules.NEXT_YEAR_AFFORDABLE, "next year", cost, "<=", most, POUNDS)


def _paid(facts: Facts, tables: Tables, use: FundUse, year: int, must_be: str, cost: Value) -> _Check:
    left = _in_year(tables, f"use_{SPENDING_USES.index(use)}", year, _paid_in(facts, use, year))
    return _of(rules.COSTS_PAID, f"{use.value}, {facts.partnership.financial_years[year]}", left, must_be, cost, POUNDS)


def _paid_in(facts: Facts, use: FundUse, year: int) -> int:
    return sum(facts.amounts.spending.get((f.fund_id, year + 1, use), 0) for f in facts.partnership.funds)


# --- time and bases ----------------------------------------------------------------------


def _time(facts: Facts, tables: Tables) -> Iterator[_Check]:
    services, time = tables.services, tables.time
    for i, service in enumerate(facts.partnership.services):
        supply, given = facts.supply[service.service_id], facts.given(service.service_id)
        left = _at(services, "given", i, given)
        after = Formula(f"=MAX(0,{services.cell('in_post', i)}-{services.cell('statutory', i)})", supply.after_statutory_sessions)
        yield _of(rules.STATUTORY_FIRST, service.name, left, "<=", after)
        if service.decision_right is not DecisionRight.INFORMATION:
            yield _of(rules.VACANCY_HELD_BACK, service.name, left, "<=", _at(services, "shareable", i, supply.shareable_sessions))
        block = supply.minimum_block_sessions
        small = sum(0 < n < block for (_, service_id), n in facts.amounts.sessions.items() if service_id == service.service_id)
        same = f"--EXACT({time.span('service_id')},{services.cell('id', i)})"
        count = f"=SUMPRODUCT({same},--({time.span('sessions')}>0),--({time.span('sessions')}<{services.cell('block', i)}))"
        if facts.policy.price(rules.SMALLEST_BLOCK.rule_id):
            short = sum(
                block - n for (_, service_id), n in facts.amounts.sessions.items() if service_id == service.service_id and 0 < n < block
            )
            by = f"{count[:-1]},{services.cell('block', i)}-{time.span('sessions')})"
            yield _of(rules.SMALLEST_BLOCK, f"{service.name}, half-days below the block", Formula(by, short), "=", 0)
        else:
            yield _of(rules.SMALLEST_BLOCK, f"{service.name}, smaller blocks", Formula(count, small), "=", 0)


def _bought(facts: Facts, tables: Tables) -> Iterator[_Check]:
    """No more is given than is bought, no more packages than may be, and a break's price only from its number on."""
    buying, services = tables.buying, tables.services
    if buying is None:
        return
    for i, (service, bought) in enumerate(facts.bought):
        if facts.sells_offers(service):
            all_of_it = Formula("=" + buying.sum_where("half_days", "service_id", services.cell("id", i)), bought.bought_sessions)
            yield _of(rules.TIME_BOUGHT, service.name, _at(services, "given", i, bought.given_sessions), "<=", all_of_it)
    for i, (service, offer, bought) in enumerate(bought_rows(facts)):
        if offer is None:
            continue
        where, number = f"{service.name}, {offer.name}", number_bought(offer, bought)
        if offer.most_bought is not None:
            yield _of(rules.TIME_BOUGHT, where, _at(buying, "bought", i, number), "<=", _at(buying, "most", i, offer.most_bought))
        elif not offer.is_package:
            cell, least = buying.cell("bought", i), buying.cell("size", i)
            reached = Formula(f"=IF({cell}=0,{least},{cell})", number or offer.sessions)
            yield _of(rules.TIME_BOUGHT, where, reached, ">=", Formula("=" + least, offer.sessions))


def _first_year(facts: Facts, tables: Tables, i: int) -> str:
    """The formula of the most places that a base gives in its first year at its size."""
    bases, base = tables.bases, facts.partnership.bases[i]
    now = f"MAX({bases.cell('now', i)},{bases.cell('pupils', i)})" if base.is_open else "0"
    kept, percent = f"MIN({bases.cell('size', i)},{now})", float(facts.policy.board.cohort_fill_percent)
    return f"{kept}+ROUNDUP(ROUND(({bases.cell('size', i)}-{kept})*{percent}/100,6),0)"


def _out_of_reach(facts: Facts, tables: Tables, i: int) -> Formula:
    """Places that a base gives to zones that are not among those in its reach."""
    bases, places, base = tables.bases, tables.places, facts.partnership.bases[i]
    zones = {zone.zone_id: zone.urns for zone in facts.world.picture.zones}
    far = sum(
        n
        for base_id, cell_id, n in facts.place_rows
        if base_id == base.base_id and not base_reaches(facts.partnership, facts.policy, base, zones[cell_id.rpartition(":")[0]])
    )
    near = f'"; "&{bases.cell("reach", i)}&"; "'
    is_far = f'--ISERROR(FIND("; "&{places.span("zone")}&"; ",{near}))'
    return Formula(f"=SUMPRODUCT(--EXACT({places.span('id')},{bases.cell('id', i)}),{is_far},{places.span('places')})", far)


def _bases(facts: Facts, tables: Tables) -> Iterator[_Check]:
    bases = tables.bases
    for i, base in enumerate(facts.partnership.bases):
        size = facts.amounts.base_sizes.get(base.base_id, 0)
        planned = _at(bases, "size", i, size)
        cell = bases.cell("size", i)
        one_of = ",".join(f"{cell}={possible}" for possible in (0, *sizes_of(base)))
        yield _of(
            rules.ONE_SIZE_A_BASE, base.name, planned, "=", Formula(f"=IF(OR({one_of}),{cell},0)", size if size in sizes_of(base) else 0)
        )
        yield _of(rules.BASE_REACH, f"{base.name}, places for zones out of reach", _out_of_reach(facts, tables, i), "=", 0)
        given = sum(n for (base_id, _), n in facts.amounts.places.items() if base_id == base.base_id)
        yield _of(rules.PLACES_WITHIN_SIZE, base.name, _at(bases, "given", i, given), "<=", planned)
        if facts.policy.board.cohort_fill_percent < 100:
            most = Formula("=" + _first_year(facts, tables, i), first_year_places(base, size, facts.policy))
            yield _of(rules.COHORT_FILL, base.name, _at(bases, "given", i, given), "<=", most)
        if base.is_open and base.decision_right is not DecisionRight.INFORMATION:
            least = 0 if base.may_close else 1
            pupils = Formula(f"=MAX({least},{bases.cell('pupils', i)})", max(least, base.pupils_now))
            yield _of(rules.PUPILS_NOW_KEPT, base.name, planned, ">=", pupils)
        if host_condition(facts.partnership, base.host_urn).consent is not Consent.YES:
            there = (
                Formula(f"=MAX({bases.cell('now', i)},{bases.cell('pupils', i)})", max(base.places_now, base.pupils_now))
                if base.is_open
                else 0
            )
            yield _of(rules.HOST_CONSENT, base.name, planned, "<=", there)
        if not base.is_open:
            smallest = smallest_useful_places(base, facts.policy)
            right = Formula(f"=IF({bases.cell('size', i)}=0,0,{smallest})", smallest if size else 0)
            yield _of(rules.SMALLEST_USEFUL_BASE, base.name, planned, ">=", right)
    for condition in facts.partnership.host_conditions:
        hosts_most = most_planned_places(facts.partnership, condition)
        if hosts_most is not None:
            hosted = [b for b in facts.partnership.bases if b.host_urn == condition.urn]
            planned = Formula(
                f"=SUMPRODUCT(--({bases.span('urn')}={condition.urn}),{bases.span('size')})",
                sum(facts.amounts.base_sizes.get(b.base_id, 0) for b in hosted),
            )
            where = facts.names[str(condition.urn)]
            yield _of(rules.HOST_MOST_PLACES, where, planned, "<=", hosts_most)


# --- schools -----------------------------------------------------------------------------


def _protection(facts: Facts, tables: Tables) -> Iterator[_Check]:
    board, schools = facts.policy.board, tables.schools
    index = {ledger.school.urn: i for i, ledger in enumerate(facts.ledgers)}
    for row in facts.partnership.last_year:
        if row.urn not in index:
            continue
        name, i = facts.names[str(row.urn)], index[row.urn]
        if row.item == GRANT_ITEM:
            grant, last = _at(schools, "grant", i, facts.ledgers[i].grant_pounds), schools.cell("last_grant", i)
            floor = float(row.amount * (100 + board.money_floor_now_percent) / 100)
            yield _of(
                rules.MONEY_FLOOR,
                name,
                grant,
                ">=",
                Formula(f"=ROUND({last}*{float(100 + board.money_floor_now_percent)}/100,6)", floor),
                POUNDS,
            )
            if row.amount:
                cap = f"=ROUNDUP(ROUND({last}*{float(100 + board.money_cap_percent)}/100/120,9),0)*120"
                yield _of(rules.MONEY_CAP, name, grant, "<=", Formula(cap, money_cap_pounds(row.amount, facts.policy)), POUNDS)
        elif board.sessions_floor_percent > -100:
            least = float(row.amount * (100 + board.sessions_floor_percent) / 100)
            formula = Formula(f"=ROUND({row.amount}*{float(100 + board.sessions_floor_percent)}/100,6)", least)
            yield _of(rules.SESSIONS_FLOOR, f"{name}, {row.item}", _has(facts, tables, i, row.item), ">=", formula)


def _fairness(facts: Facts, tables: Tables) -> Iterator[_Check]:
    """The board's rules of fairness: hosts' shares and phases of bases, caps on time, value received, floors on standards."""
    world, bases, schools, places = facts.world, tables.bases, tables.schools, tables.places
    for i, base in enumerate(facts.partnership.bases):
        shares, size = host_shares(world, base), facts.amounts.base_sizes.get(base.base_id, 0)
        own = [
            (row, shares[cell_id], n)
            for row, (base_id, cell_id, n) in enumerate(facts.place_rows)
            if base_id == base.base_id and shares.get(cell_id)
        ]
        if own:
            parts = "+".join(f"{places.cell('places', row)}*{share}" for row, share, _ in own)
            left = Formula(f"=({parts})/{SHARE_UNITS}", sum(share * n for _, share, n in own) / SHARE_UNITS)
            percent = f"IF({bases.cell('size', i)}>{places_now(base)},{facts.policy.board.host_share_percent},100)"
            this_year = _first_year(facts, tables, i) if facts.policy.is_on("cohort_fill") else bases.cell("size", i)
            most = Formula(f"=({this_year})*{percent}/100", host_limit(base, size, facts.policy) / SHARE_UNITS)
            yield _of(rules.HOST_SHARE, base.name, left, "<=", most, HUNDREDTHS)
    primary, secondary = (_phase_places(facts, bases, phase) for phase in (Phase.PRIMARY, Phase.SECONDARY))
    yield _of(rules.PHASE_BALANCE, "all bases", primary, ">=", secondary)
    for urn, least in secondary_steps(world).items():
        hosted = [b for b in facts.partnership.bases if b.host_urn == urn and b.phase is Phase.SECONDARY]
        size_of = f'SUMPRODUCT(--({bases.span("urn")}={urn}),--({bases.span("phase")}="{Phase.SECONDARY.value}"),{bases.span("size")})'
        planned = Formula(f"={size_of}", sum(facts.amounts.base_sizes.get(b.base_id, 0) for b in hosted))
        yield _of(rules.SECONDARIES_IN_PROPORTION, facts.names[str(urn)], planned, ">=", least)
    index = {ledger.school.urn: i for i, ledger in enumerate(facts.ledgers)}
    for had, cap in capped_sessions(world):
        if had.urn in index:
            where = f"{facts.names[str(had.urn)]}, {had.item}"
            yield _of(rules.SESSIONS_CAP, where, _has(facts, tables, index[had.urn], had.item), "<=", cap)
    value = session_value_pounds(world)
    kept = [(n, service.service_id) for n, service in enumerate(facts.services("school"))]
    for i, ledger in enumerate(facts.ledgers):
        if ledger.paid_in_pounds:
            time = "".join(f"+{schools.cell(f'own_{n}', i)}*{value[service_id]}" for n, service_id in kept)
            received = Formula(f"={schools.cell('grant', i)}{time}", ledger.grant_pounds + sum(value[v] * n for v, n in ledger.sessions))
            paid = _at(schools, "paid", i, ledger.paid_in_pounds)
            yield _of(rules.NO_WORSE_OUTSIDE, ledger.school.name, received, ">=", paid, POUNDS)
    for standard_id, percent_met in facts.policy.board.standard_floors:
        yield _below_floor(facts, tables, standard_id, percent_met)


def _phase_places(facts: Facts, bases: Table, phase: Phase) -> Formula:
    """Planned places of a phase, and those now in bases that are for information only."""
    now = places_for_information(facts.partnership, phase)
    planned = sum(facts.amounts.base_sizes.get(b.base_id, 0) for b in facts.partnership.bases if b.phase is phase)
    return Formula(f'=SUMPRODUCT(--({bases.span("phase")}="{phase.value}"),{bases.span("size")})+{now}', planned + now)


def _below_floor(facts: Facts, tables: Tables, standard_id: str, percent: int) -> _Check:
    """How many needs of a standard that some plan could reach are below its floor."""
    least = percent - LEAST_SHOWN
    below = sum(
        1
        for cell in facts.world.picture.cells
        if cell.standard_id == standard_id
        and not cell.out_of_reach
        and 100 * facts.amounts.need_met.get(cell.cell_id, 0) < least * WHOLE_MET
    )
    needs, standard = tables.needs, facts.policy.standard(standard_id)
    # A board's pack names its standards as it likes, so the name is looked up, never written into a formula.
    same = f"--EXACT({needs.span('id')},{tables.standards.cell('id', facts.policy.standards.index(standard))})"
    count = f'SUMPRODUCT({same},--({needs.span("met")}<{float(least)}),--({needs.span("status")}<>"out of reach"))'
    name = standard.name
    return _of(rules.STANDARD_FLOOR, f"{name}: needs under {percent} percent", Formula(f"={count}", below), "=", 0)


def _need(facts: Facts, tables: Tables) -> Iterator[_Check]:
    """Nowhere do the needs met use more of an ingredient than is given there; as many places at once as there are pupils for them."""
    support = tables.support
    for kind, short in tables.short.items():
        count = f'=SUMPRODUCT(--EXACT({support.span("kind")},"{kind}"),--({support.span("left")}<-{NOTHING:f}))'
        what = f"{kind_name(kind, facts)}: schools, zones or needs that use more than is given"
        yield _of(rules.NEED_FROM_SUPPORT, what, Formula(count, short), "=", 0)
    for cell, rows, most in places_at_once(facts):
        there = Formula("=" + "+".join(tables.places.cell("places", row) for row in rows), sum(facts.place_rows[row][2] for row in rows))
        where = f"{facts.policy.standard(cell.standard_id).name}, {facts.names[cell.recipient]}: places at once"
        yield _of(rules.NEED_FROM_SUPPORT, where, there, "<=", most)


def _has(facts: Facts, tables: Tables, school: int, item: str) -> Value:
    """A school's grant or half-days of a service, live where the sheet Schools shows them."""
    if item == GRANT_ITEM:
        return _at(tables.schools, "grant", school, facts.ledgers[school].grant_pounds)
    own = [service.service_id for service in facts.services("school")]
    given = facts.amounts.sessions.get((str(facts.ledgers[school].school.urn), item), 0)
    return _at(tables.schools, f"own_{own.index(item)}", school, given) if item in own else given


def _heads(facts: Facts, tables: Tables) -> Iterator[_Check]:
    index = {ledger.school.urn: i for i, ledger in enumerate(facts.ledgers)}
    for wish in facts.partnership.head_rules:
        if wish.urn not in index:
            continue
        has = _has(facts, tables, index[wish.urn], wish.item)
        where = f"{facts.names[str(wish.urn)]}, {wish.item}: {wish.bound.value} {wish.amount:,} ({wish.rule_id})"
        look = POUNDS if wish.item == GRANT_ITEM else WHOLE
        if wish.bound is not Bound.AT_MOST:
            yield replace(_of(rules.HEAD_RULE, where, has, ">=", wish.amount, look), at=wish.rule_id)
        if wish.bound is not Bound.AT_LEAST:
            yield replace(_of(rules.HEAD_RULE, where, has, "<=", most_of(wish), look), at=wish.rule_id)


# --- sums --------------------------------------------------------------------------------


def _sums(facts: Facts, tables: Tables) -> Iterator[_Check]:
    """The same figure from two sheets."""
    funds = [fund.fund_id for fund in facts.partnership.funds]
    for i, fund in enumerate(facts.grant_funds()):
        at = 2 * funds.index(fund.fund_id)
        schools = sum(n for (_, fund_id), n in facts.amounts.grants.items() if fund_id == fund.fund_id)
        months = Formula(
            f"={tables.accounts.cell('grants', at)}+{tables.accounts.cell('grants', at + 1)}",
            sum(a.grants for a in facts.accounts[at : at + 2]),
        )
        yield _sum(
            f"{fund.name}: grants of all schools are the fund's grants",
            "Schools, Money",
            tables.schools.total(f"fund_{i}"),
            schools,
            months,
            POUNDS,
        )
    yield _council_lines(facts, tables)
    yield _sum(
        "Half-days of all schools and zones are those all services give", "Time, Services", tables.time.total("sessions"),
        sum(facts.amounts.sessions.values()), Formula("=" + tables.services.total("given"), sum(map(facts.given, facts.supply))),
    )  # fmt: skip
    yield from _same_half_days(facts, tables)
    yield _sum(
        "Places given by zone are those given by base", "Bases", tables.places.total("places"),
        sum(facts.amounts.places.values()), Formula("=" + tables.bases.total("given"), sum(facts.amounts.places.values())),
    )  # fmt: skip
    for use, shared, paid in added_up(facts, tables.by_fund, tables.by_place):
        yield _Check(rule_id=_ARITHMETIC, says=f"{use}: what schools, zones and bases get is what funds pay", where="Money by use", left=shared, must_be="=", right=paid, look=POUNDS)  # fmt: skip
    roster = facts.plan.roster
    if tables.roster is not None and roster is not None:
        yield _sum(
            "Half-days of named people, with those nobody can give, are those of the plan", "Roster, Time", tables.roster.total("year"),
            sum(row.half_days for row in roster.rows) + sum(row.half_days for row in roster.undelivered),
            Formula("=" + tables.time.total("sessions"), sum(facts.amounts.sessions.values())),
        )  # fmt: skip
    here = facts.standing
    counts = "+".join(tables.standards.total(key) for key in ("met", "partly", "under_half", "out"))
    parts = here.met + here.partly_met + here.under_half + here.out_of_reach
    yield _sum(
        "Met, partly met, under half and out of reach make all standards", "Standards, Needs", tables.standards.total("all"),
        here.standards, Formula("=" + counts, parts),
    )  # fmt: skip
    yield _sum(
        "Every need is counted", "Standards, Needs", tables.standards.total("all"),
        here.standards, Formula(f"=COUNTA({tables.needs.span('id')})", here.standards),
    )  # fmt: skip


def _same_half_days(facts: Facts, tables: Tables) -> Iterator[_Check]:
    """Of each school, how many services have other half-days on Schools than on Time: totals alone would not tell of two that differ."""
    at = {key: i for i, key in enumerate(facts.time_rows)}
    own = facts.services("school")
    for i, ledger in enumerate(facts.ledgers if own else ()):
        keys = [(str(ledger.school.urn), service.service_id) for service in own]
        there = [tables.time.cell("sessions", at[key]) if key in at else "0" for key in keys]
        differ = "+".join(f"({tables.schools.cell(f'own_{n}', i)}<>{cell})" for n, cell in enumerate(there))
        says = "Half-days of each service are the same on both sheets: how many are not"
        yield _Check(
            rule_id=_ARITHMETIC,
            says=says,
            where=f"Schools, Time: {ledger.school.name}",
            left=Formula(f"=0+{differ}", 0),
            must_be="=",
            right=0,
        )


def _council_lines(facts: Facts, tables: Tables) -> _Check:
    """Every pound that the funds pay is a council line."""
    keys = ("grants", *(f"use_{i}" for i in range(len(SPENDING_USES))), "pot")
    paid = Formula("=" + "+".join(map(tables.accounts.total, keys)), sum(planned_pence(facts.world, facts.amounts)) / 100)
    lines = sum(sum(line.pence) for line in money_lines(facts.world, facts.amounts)) / 100
    says = "Council lines come to what the funds pay"
    return _sum(says, "Council lines, Money", f"ROUND({tables.council.total('year')},2)", lines, paid, POUNDS)


def _sum(says: str, where: str, total: str, value: float, right: Formula, look: str = WHOLE) -> _Check:
    return _Check(rule_id=_ARITHMETIC, says=says, where=where, left=Formula("=" + total, value), must_be="=", right=right, look=look)
