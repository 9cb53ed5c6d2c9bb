"""One school: every figure it brought, with its source, and the need that is expected of its area."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from flask import url_for

from planner.need import driver_shares
from planner.partnership import GRANT_ITEM, Consent, Phase, RecordedNeed, School
from planner.policy import DRIVERS
from planner.reasons import plain_number
from planner.rounding import half_up
from planner.store import Transaction
from planner.supply import base_running_pounds, host_condition, sizes_of
from web.access import Permission, User
from web.figures.bases import CONSENTS, needs_in_words
from web.figures.frame import Brought
from web.figures.need import DRIVER_NAMES, added, besides, expected_by_school, parts_of, recorded_moves
from web.figures.provenance import sheet_of
from web.names import name_of
from web.tables import ASKING, Fact, TableCell, TableRow, TableView, ask_cell, numbers, row, table, words
from web.words import count, decision, hundredths, in_zone, moment, pounds, unbroken, upper_first

_FIELDS = {
    "fsm6": "fsm6_pupils", "idaci": "idaci_pupils", "low_prior_attainment": "low_prior_attainment_pupils", "mobility": "mobile_pupils",
}  # fmt: skip
UNKNOWN = "not known"
_MONEY_FOLLOWS = (
    "Money follows the need of the area: the number of pupils and the drivers of need. "
    "It never follows the number of EHC plans."
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolView:
    """One school's figures."""

    name: str
    about: str
    confirmed: tuple[str, ...]
    flag: str
    sentence: str
    identity: TableView
    drivers: TableView
    follows: str
    expected: TableView
    rounding: str
    recorded: TableView
    pays_in: TableView
    last_year: TableView
    rules: TableView
    hosting: tuple[Fact, ...]
    bases: TableView
    asked: TableView
    is_mine: bool
    is_confirmed_by_me: bool
    may_confirm: bool
    version: int
    confirm_href: str
    ask_href: str
    policy_href: str


def school_view(brought: Brought, tx: Transaction, user: User, urn: int) -> SchoolView | None:
    """Everything that was brought about one school; None where it is no member."""
    school = next((s for s in brought.partnership.schools if s.urn == urn), None)
    if school is None:
        return None
    here = [c for c in tx.schools.confirmations(partnership_id=brought.partnership_id, version=brought.version) if c.urn == urn]
    is_mine = user.may(Permission.CONFIRM_OWN_SCHOOL, brought.partnership_id, urn)
    by_me = any(c.user_id == user.user_id for c in here)
    page = _Page(brought, school, may_ask=user.may(Permission.QUERY_OWN_SCHOOL, brought.partnership_id, urn))
    beside = besides(brought)[urn]
    zone = brought.picture.zone_of(urn)
    return SchoolView(
        name=school.name,
        about=f"URN {urn}, {school.phase.value}, {school.pupils:,} pupils on roll, {in_zone(zone.zone_id)}",
        confirmed=tuple(f"{upper_first(name_of(tx, c.user_id))} confirmed these figures on {moment(c.at)}." for c in here),
        flag=f"Recorded SEN support is {beside.words}: {beside.recorded_text} recorded, {hundredths(beside.expected_hundredths)} expected "
        f"of the area. Look at it together. {recorded_moves(brought)}" if beside.is_far else "",
        sentence=page.sentence(),
        identity=page.identity(),
        drivers=page.drivers(),
        follows=_MONEY_FOLLOWS
        + f" {recorded_moves(brought)}",
        expected=page.expected(),
        rounding="Figures are rounded, so a row may add up to a little more or less."
        + ("" if school.idaci_pupils is not None else " Pupils by IDACI band are not known here, so their weight goes to free school meals."),
        recorded=page.recorded(hundredths(beside.expected_hundredths), beside.words),
        pays_in=page.pays_in(),
        last_year=page.last_year(),
        rules=page.rules(),
        hosting=page.hosting(),
        bases=page.bases(),
        asked=page.asked(),
        is_mine=is_mine,
        is_confirmed_by_me=by_me,
        may_confirm=is_mine and brought.is_newest and not by_me,
        version=brought.version,
        confirm_href=url_for("figures.confirm", partnership_id=brought.partnership_id, urn=urn),
        ask_href=page.ask_href(""),
        policy_href=brought.url("figures.sources"),
    )  # fmt: skip


class _Page:
    """The tables of one school's page: the same columns at the end of each, and for its head a way to ask about each line."""

    def __init__(self, brought: Brought, school: School, *, may_ask: bool) -> None:
        self._brought = brought
        self._school = school
        self._may_ask = may_ask

    def ask_href(self, line: str) -> str:
        """Where the head asks about a line; nowhere for anybody else."""
        if not self._may_ask:
            return ""
        return url_for("queries.ask", partnership_id=self._brought.partnership_id, urn=self._school.urn, line=line or None)

    def _headings(self, *more: str) -> tuple[str, ...]:
        return (*more, "Status", "Source", *((ASKING,) if self._may_ask else ()))

    def _line(self, cells: tuple[str | TableCell, ...], sheet_name: str, record: object, field: str, line: str) -> TableRow:
        """A row that ends with where its figure comes from."""
        origin = self._brought.provenance.of(sheet_of(sheet_name), record, field)
        status = TableCell(text="assumed", tag="yellow") if origin.is_assumed else origin.standing
        ask = (ask_cell(self.ask_href(line), line),) if self._may_ask else ()
        return row(*cells, status, origin.text, *ask)

    def sentence(self) -> str:
        """The need of the school in one sentence."""
        s = self._school
        expected = sum(expected_by_school(self._brought)[s.urn].values())
        here = f"counting {s.membership_percent} percent of them in this partnership, " if s.membership_percent != 100 else ""
        about = half_up(Fraction(expected, 100))
        return f"Of {s.pupils:,} pupils on roll, {here}one would expect about {about:,} to have special educational needs."

    # --- about the school itself ---

    def identity(self) -> TableView:
        """What the school is."""
        s, p = self._school, self._brought.partnership
        drawn = "" if s.zone else ", drawn by distance"
        lines = [
            ("URN", "urn", f"{s.urn}" + (", lead school" if p.lead_school_urn == s.urn else "")),
            ("Phase", "phase", upper_first(s.phase.value)),
            ("Zone", "zone", f"{unbroken(self._brought.picture.zone_of(s.urn).zone_id)}{drawn}"),
            ("Share in this partnership", "membership_percent", f"{s.membership_percent} percent"),
            ("Trust", "trust", s.trust),
            ("Religious character", "religious_character", s.religious_character),
            ("Area", "area_type", s.area_type),
            ("Place on the map", "easting_metres", f"{s.easting_metres} east, {s.northing_metres} north"),
            (
                "IDACI decile of its postcode",
                "school_idaci_decile",
                f"{s.school_idaci_decile}; shown, never used" if s.school_idaci_decile is not None else "",
            ),
            ("Recorded SEN taken from URN", "recorded_sen_urn", f"{s.recorded_sen_urn or ''}"),
            ("Note", "note", s.note),
        ]
        return table(
            "The school",
            words(*self._headings("What", "As brought")),
            [self._line((label, text), "Schools", s, field, f"{label}: {text}") for label, field, text in lines if text],
        )

    def drivers(self) -> TableView:
        """Pupils, and the drivers of need beside their reference shares."""
        s = self._school
        phases = [(phase, n) for phase, n in ((Phase.PRIMARY, s.primary_pupils), (Phase.SECONDARY, s.secondary_pupils)) if n]
        rows = [
            self._line(
                (f"Pupils on roll, {phase.value}", f"{n:,}", plain_number(Fraction(100 * n, s.pupils)), "none"),
                "Schools", s, f"{phase.value}_pupils", f"Pupils on roll, {phase.value}: {n:,}",
            )
            for phase, n in phases
        ]  # fmt: skip
        of_phase = [(phase, {d.driver: d for d in driver_shares(s, phase, self._brought.policy)}) for phase, _ in phases]
        for driver in DRIVERS if phases else ():
            field = _FIELDS[driver]
            number = getattr(s, field)
            known = UNKNOWN if number is None else f"{number:,}"
            references = [
                f"{plain_number(shares[driver].reference_percent)}" + (f" {phase.value}" if len(of_phase) > 1 else "")
                for phase, shares in of_phase
            ]
            share = UNKNOWN if number is None else f"{plain_number(of_phase[0][1][driver].share_percent)}"
            rows.append(
                self._line(
                    (DRIVER_NAMES[driver], known, share, ", ".join(references)), "Schools", s, field, f"{DRIVER_NAMES[driver]}: {known}"
                )
            )
        status, *rest = self._headings()
        return table(
            "Pupils, and what drives need",
            (*words("Figure"), *numbers("Pupils", "Percent of roll", "Reference percent"), *words(status, *rest)),
            rows,
        )

    # --- need ---

    def expected(self) -> TableView:
        """Expected pupils with each need, by what the number comes from."""
        is_shared = self._school.membership_percent != 100
        share = ("Share counted here",) if is_shared else ()
        rows, sums = [], [0] * (len(DRIVERS) + 4)
        for kind in self._brought.policy.need_types:
            parts = parts_of(self._brought, self._school, kind.code)
            figures = [parts.by_size, *parts.by_driver, parts.by_recorded, parts.by_membership, parts.expected]
            sums = [a + b for a, b in zip(sums, figures, strict=True)]
            rows.append(self._need_row(kind.name, figures, is_shared=is_shared))
        rows.append(self._need_row("All needs", sums, is_shared=is_shared, is_total=True))
        return table(
            "Expected pupils by primary need, and what the number comes from",
            (*words("Primary need"), *numbers("From its size", *DRIVER_NAMES.values(), "Recorded SEN support", *share, "Expected")),
            rows,
        )

    @staticmethod
    def _need_row(title: str, figures: list[int], *, is_shared: bool, is_total: bool = False) -> TableRow:
        size, *moves, membership, expected = figures
        share = (added(membership),) if is_shared else ()
        return row(title, hundredths(size), *map(added, moves), *share, hundredths(expected), is_total=is_total)

    def recorded(self, expected: str, beside: str) -> TableView:
        """What is recorded, beside what is expected; EHC plans are shown and never used."""
        s, names = self._school, {n.code: n.name for n in self._brought.policy.need_types}
        support = UNKNOWN if s.sen_support_pupils is None else f"{s.sen_support_pupils:,}"
        plans = UNKNOWN if s.ehc_plan_pupils is None else f"{s.ehc_plan_pupils:,}"
        of_need: list[RecordedNeed] = [r for r in self._brought.partnership.recorded_needs if r.urn == s.urn]
        rows = [
            self._line(("SEN support", support, expected, upper_first(beside)), "Schools", s, "sen_support_pupils", f"SEN support: {support}"),
            *(
                self._line(
                    (f"SEN support: {names.get(r.need, r.need)}", f"{r.sen_support_pupils:,}", "not shown", "Moves this need, within the limit"),
                    "Recorded need", r, "sen_support_pupils", f"SEN support, {names.get(r.need, r.need)}: {r.sen_support_pupils:,}",
                )
                for r in of_need
            ),
            self._line(("EHC plans", plans, "not used", "Shown, never used"), "Schools", s, "ehc_plan_pupils", f"EHC plans: {plans}"),
        ]  # fmt: skip
        status, *rest = self._headings()
        return table(
            "What is recorded",
            (*words("Recorded"), *numbers("Pupils", "Expected of the area"), *words("Beside expected", status, *rest)),
            rows,
        )

    # --- in, last year, rules, bases ---

    def pays_in(self) -> TableView:
        """What the school pays into the pool."""
        funds = {f.fund_id: f.name for f in self._brought.partnership.funds}
        return table(
            "What the school pays in, this academic year",
            (*words("Into"), *numbers("Pounds"), *words(*self._headings())),
            [
                self._line((funds[c.fund_id], pounds(c.pounds)), "Contributions", c, "pounds", f"Pays into {funds[c.fund_id]}: {pounds(c.pounds)}")
                for c in self._brought.partnership.contributions if c.urn == self._school.urn
            ],
            empty="The school pays nothing in.",
        )  # fmt: skip

    def _amount(self, item: str, amount: int) -> tuple[str, str]:
        """What an item is called, and so much of it."""
        names = {s.service_id: s.name for s in self._brought.partnership.services}
        return ("Grant", pounds(amount)) if item == GRANT_ITEM else (names.get(item, item), count(amount, "half-day"))

    def last_year(self) -> TableView:
        """What the school had last year."""
        return table(
            "What the school had last year",
            (*words("From"), *numbers("Amount"), *words(*self._headings())),
            [
                self._line((name, amount), "Last year", r, "amount", f"Last year, {name}: {amount}")
                for r in self._brought.partnership.last_year if r.urn == self._school.urn
                for name, amount in [self._amount(r.item, r.amount)]
            ],
            empty="What the school had last year is not known.",
        )  # fmt: skip

    def rules(self) -> TableView:
        """What the head asks for."""
        return table(
            "The head's own rules",
            words(*self._headings("About", "Rule", "Locked", "Why")),
            [
                self._line(
                    (name, f"{upper_first(r.bound.value)} {amount}", "Yes: only the head may relax it" if r.is_locked else "No", r.reason or "No reason given"),
                    "Heads rules", r, "amount", f"Own rule, {name}: {r.bound.value} {amount}",
                )
                for r in self._brought.partnership.head_rules if r.urn == self._school.urn
                for name, amount in [self._amount(r.item, r.amount)]
            ],
            empty="The head has set no rule.",
        )  # fmt: skip

    def hosting(self) -> tuple[Fact, ...]:
        """Whether the school would host a new or larger base."""
        condition = host_condition(self._brought.partnership, self._school.urn)
        said = [Fact(label="A new or larger base", text=CONSENTS[condition.consent])]
        if condition.most_places is not None and condition.consent is Consent.YES:
            said.append(Fact(label="Most places", text=f"{count(condition.most_places, 'place')} in all."))
        if condition.condition:
            said.append(Fact(label="Its condition", text=f"{condition.condition.rstrip('.')}."))
        return tuple(said)

    def bases(self) -> TableView:
        """Bases at the school, open or possible."""
        policy = self._brought.policy
        return table(
            "Bases at the school",
            words("Base", "Is for", "Now", "Places possible, and what the pool pays a year", "Who decides"),
            [
                row(
                    TableCell(text=b.name, href=self._brought.url("figures.bases")), needs_in_words(self._brought, b),
                    f"{count(b.places_now, 'place')}, {count(b.pupils_now, 'pupil')}" if b.is_open else "Not open",
                    "; ".join(f"{count(n, 'place')} {pounds(base_running_pounds(b, n, policy))}" for n in sizes_of(b)) or "None",
                    decision(b.decision_right, b.request_to, b.request_by),
                )
                for b in self._brought.partnership.bases if b.host_urn == self._school.urn
            ],
            empty="No base is here and none is offered.",
        )  # fmt: skip

    def asked(self) -> TableView:
        """Questions that came with the figures."""
        return table(
            "What the school asked before these figures were brought",
            words("Figure", "Was", "Became", "How it ended", "What was found"),
            [
                row(f"{q.column} ({q.sheet})", q.was, q.now, upper_first(q.outcome), q.note or "Nothing noted")
                for q in self._brought.partnership.queries if q.urn == self._school.urn
            ],
            empty="Nothing.",
        )  # fmt: skip
