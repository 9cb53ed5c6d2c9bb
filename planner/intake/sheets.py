"""The published schema: every sheet and column of a partnership workbook or CSV folder.

One declaration serves reading, checking, writing, the blank template, the documents
and ``docs/formats.md``. A CSV folder holds one file a sheet, named as the sheet.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from planner import partnership as nouns


class Kind(StrEnum):
    """How a cell is read. A list is separated by semicolons."""

    TEXT = "text"
    ID = "identifier"
    URN = "URN"
    WHOLE = "whole number, 0 or more"
    POUNDS = "whole pounds, 0 or more"
    SIGNED_POUNDS = "whole pounds, may be negative"
    PERCENT = "whole percent, 1 to 100"
    YES_NO = "yes or no"
    CHOICE = "one of a list"
    CHOICES = "several of a list, separated by semicolons"
    NEED = "need code"
    NEEDS = "need codes, separated by semicolons"
    WHOLES = "whole numbers, separated by semicolons"
    SIX_WHOLES = "six whole numbers, one a half-term, separated by semicolons"
    DATE = "date, YYYY-MM-DD"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: its heading, the noun's field, how a cell is read and what it means."""

    heading: str
    field: str
    kind: Kind
    help: str
    example: str
    is_required: bool = True
    choices: type[StrEnum] | None = None
    also_called: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet: ``attribute`` of Partnership ('' for the one-row Partnership sheet) and its rows' noun."""

    name: str
    attribute: str
    noun: type
    help: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    is_required: bool = False

    def column(self, heading_or_field: str) -> Column:
        """The column with this heading or field."""
        return next(c for c in self.columns if heading_or_field in {c.heading, c.field})


def _c(heading: str, field: str, kind: Kind, help: str, example: str, **more: object) -> Column:  # noqa: A002
    return Column(heading=heading, field=field, kind=kind, help=help, example=example, **more)  # type: ignore[arg-type]


def _rights() -> tuple[Column, ...]:
    return (
        _c("Decision right", "decision_right", Kind.CHOICE,
           "Who decides: ours is allocated; request to is planned and printed as a request; information only is shown, never allocated.",
           "request to", choices=nouns.DecisionRight),
        _c("Request to", "request_to", Kind.TEXT, "Who is asked, when the decision right is a request.", "County psychology service", is_required=False),
        _c("Request by", "request_by", Kind.DATE, "The day by which the request must be made.", "2026-05-23", is_required=False),
    )


SHEETS: tuple[Sheet, ...] = (
    Sheet(
        name="Partnership", attribute="", noun=nouns.Partnership, key=("name",), is_required=True,
        help="One row: who plans, for which academic year (September to August).",
        columns=(
            _c("Name", "name", Kind.TEXT, "The partnership's name.", "Hatherby Partnership"),
            _c("Academic year", "academic_year", Kind.TEXT, "The academic year planned, as 2026/27.", "2026/27"),
            _c("Council", "council", Kind.TEXT, "The local authority.", "Wendleshire", is_required=False),
            _c("Accountable body", "accountable_body", Kind.TEXT, "The legal entity answerable for the pool.", "Hatherby Learning Trust", is_required=False),
            _c("Lead school URN", "lead_school_urn", Kind.URN, "The member school that holds delegated money.", "900001", is_required=False),
        ),
    ),
    Sheet(
        name="Schools", attribute="schools", noun=nouns.School, key=("urn",), is_required=True,
        help="One row a member school. A blank is unknown, never zero.",
        columns=(
            _c("URN", "urn", Kind.URN, "Unique reference number, six digits.", "900001", also_called=("Unique reference number",)),
            _c("School", "name", Kind.TEXT, "The school's name.", "Millbrook Primary School", also_called=("Name", "EstablishmentName", "School name")),
            _c("Phase", "phase", Kind.CHOICE, "Phase of education; middle deemed schools count as the phase they are deemed to be.", "primary", choices=nouns.Phase),
            _c("Primary pupils", "primary_pupils", Kind.WHOLE, "Pupils on roll, Reception to year 6.", "232"),
            _c("Secondary pupils", "secondary_pupils", Kind.WHOLE, "Pupils on roll, year 7 and above.", "0"),
            _c("Easting", "easting_metres", Kind.WHOLE, "British National Grid, metres; tells which bases are in reach.", "452310"),
            _c("Northing", "northing_metres", Kind.WHOLE, "British National Grid, metres.", "241870"),
            _c("Zone", "zone", Kind.TEXT, "Group of neighbouring schools for rare needs and places; left blank for all, zones are drawn by distance.", "North", is_required=False),
            _c("Membership percent", "membership_percent", Kind.PERCENT, "Under 100 when the school sits in two partnerships; blank means 100.", "100", is_required=False),
            _c("FSM6 pupils", "fsm6_pupils", Kind.WHOLE, "Pupils eligible for free school meals at any time in six years; blank takes the phase's reference share, marked assumed.", "61", is_required=False),
            _c("Low prior attainment pupils", "low_prior_attainment_pupils", Kind.WHOLE, "Pupils below the expected level at entry; blank as above.", "70", is_required=False),
            _c("Mobile pupils", "mobile_pupils", Kind.WHOLE, "Pupils who joined at an unusual time; blank as above.", "14", is_required=False),
            _c("IDACI pupils", "idaci_pupils", Kind.WHOLE, "Pupils who live in IDACI bands A-F, where the council supplies it; blank: the weight moves to FSM6.", "80", is_required=False),
            _c("SEN support pupils", "sen_support_pupils", Kind.WHOLE, "Recorded SEN support; adjusts need within a published limit.", "34", is_required=False),
            _c("EHC plan pupils", "ehc_plan_pupils", Kind.WHOLE, "Shown beside need; never drives money.", "9", is_required=False),
            _c("School IDACI decile", "school_idaci_decile", Kind.WHOLE, "Decile of the school's own postcode; shown, not used.", "4", is_required=False),
            _c("Trust", "trust", Kind.TEXT, "Academy trust or federation.", "Alder Trust", is_required=False),
            _c("Religious character", "religious_character", Kind.TEXT, "As in the register of schools.", "Church of England", is_required=False),
            _c("Area type", "area_type", Kind.TEXT, "Urban or rural, as in the register of schools.", "Rural town and fringe", is_required=False),
            _c("Recorded SEN from URN", "recorded_sen_urn", Kind.URN, "The URN whose recorded SEN row was used, when it is a predecessor's.", "900031", is_required=False),
            _c("Note", "note", Kind.TEXT, "Anything the board should know.", "Shares its SEN row with URN 900002", is_required=False),
        ),
    ),
    Sheet(
        name="Recorded need", attribute="recorded_needs", noun=nouns.RecordedNeed, key=("urn", "need"),
        help="SEN-support pupils by primary need at a school, where the council supplies them.",
        columns=(
            _c("URN", "urn", Kind.URN, "A member school.", "900001"),
            _c("Need", "need", Kind.NEED, "Need code, as in the school census.", "SLCN"),
            _c("SEN support pupils", "sen_support_pupils", Kind.WHOLE, "Pupils recorded with SEN support for this need.", "12"),
        ),
    ),
    Sheet(
        name="Funds", attribute="funds", noun=nouns.Fund, key=("fund_id",),
        help="One row a colour of money. Amounts are for this academic year, split at 1 April.",
        columns=(
            _c("Fund", "fund_id", Kind.ID, "A short name, used in other sheets.", "imf"),
            _c("Name", "name", Kind.TEXT, "The fund's full name.", "Inclusive Mainstream Fund"),
            _c("Source", "source", Kind.CHOICE, "The colour of money.", "inclusive mainstream fund", choices=nouns.FundSource),
            _c("September to March", "september_to_march_pounds", Kind.POUNDS, "Pounds for September to March (first financial year).", "157500"),
            _c("April to August", "april_to_august_pounds", Kind.POUNDS, "Pounds for April to August (second financial year).", "112500"),
            _c("Brought forward", "brought_forward_pounds", Kind.SIGNED_POUNDS, "Pounds from last year; an overspend is negative and is a first call. Blank means none.", "-6200", is_required=False),
            _c("Must return", "must_return_pounds", Kind.POUNDS, "Last year's money that must go back; taken off first. Blank means none.", "9400", is_required=False),
            _c("Year end", "year_end", Kind.CHOICE, "What happens to money unspent on 31 March.", "return", choices=nouns.YearEnd),
            _c("Allowed uses", "allowed_uses", Kind.CHOICES, "What the fund may pay for.", "grants to schools; contingency", choices=nouns.FundUse),
            *_rights(),
            _c("Conditions", "conditions", Kind.TEXT, "The grant's conditions, in words.", "Ages 5 to 16", is_required=False),
        ),
    ),
    Sheet(
        name="Contributions", attribute="contributions", noun=nouns.Contribution, key=("urn", "fund_id"),
        help="What each school pays in this academic year; already counted in the fund's amounts.",
        columns=(
            _c("URN", "urn", Kind.URN, "A member school.", "900001"),
            _c("Fund", "fund_id", Kind.ID, "The fund it pays into.", "contributions"),
            _c("Pounds", "pounds", Kind.POUNDS, "Pounds paid in this academic year.", "2400"),
        ),
    ),
    Sheet(
        name="Services", attribute="services", noun=nouns.Service, key=("service_id",),
        help="One row a service that gives specialist time of one role.",
        columns=(
            _c("Service", "service_id", Kind.ID, "A short name, used in other sheets.", "ep_county"),
            _c("Name", "name", Kind.TEXT, "The service's name.", "County psychology service"),
            _c("Role", "role", Kind.ID, "A role of the policy pack, for example educational_psychologist.", "educational_psychologist"),
            _c("Employer", "employer", Kind.TEXT, "Who employs its people.", "Wendleshire Council"),
            _c("Price a session", "price_pounds_per_session", Kind.POUNDS, "Pounds the pool pays for a half-day session; 0 for time in kind.", "0"),
            _c("Smallest block", "minimum_block_sessions", Kind.WHOLE, "Fewest sessions worth giving one school; blank takes the role's default.", "6", is_required=False),
            _c("Unused time is lost", "unused_time_is_lost", Kind.YES_NO, "Yes when the service carries nothing over.", "yes"),
            _c("Order by", "order_by", Kind.DATE, "The order deadline.", "2026-05-23", is_required=False),
            *_rights(),
        ),
    ),
    Sheet(
        name="Offers", attribute="offers", noun=nouns.Offer, key=("offer_id",),
        help="Packages and price breaks of services, one row each; the partnership buys as one. A service has packages or price breaks, not both; "
        "where it has either, a price a session of 0 means that nothing is sold outside them.",
        columns=(
            _c("Offer", "offer_id", Kind.ID, "A short name.", "ep_pack_10"),
            _c("Service", "service_id", Kind.ID, "The service that sells it.", "ep_county"),
            _c("Name", "name", Kind.TEXT, "What it is called.", "Pack of 10"),
            _c("Kind", "kind", Kind.CHOICE, "package is bought whole, used or not; price break lowers the price of all half-days once enough are bought.", "package", choices=nouns.OfferKind),
            _c("Half-days", "sessions", Kind.WHOLE, "Half-day sessions in the package, or from which the price break holds.", "10"),
            _c("Pounds", "pounds", Kind.POUNDS, "Pounds for the whole package, or for each half-day from the price break on.", "3700"),
            _c("Most bought", "most_bought", Kind.WHOLE, "The most of the package that may be bought; blank for any number. Blank for a price break.", "4", is_required=False),
        ),
    ),
    Sheet(
        name="People", attribute="people", noun=nouns.Person, key=("person_id",),
        help="One row a post. Names only as the partnership enters them.",
        columns=(
            _c("Person", "person_id", Kind.ID, "A short name or post number.", "ep1"),
            _c("Service", "service_id", Kind.ID, "The service the post belongs to.", "ep_county"),
            _c("Name", "name", Kind.TEXT, "Name or post title.", "Educational psychologist, 0.6"),
            _c("Sessions a year", "sessions_a_year", Kind.WHOLE, "Half-day sessions the post can deliver in the year, net of leave and travel.", "192"),
            _c("Statutory sessions", "statutory_sessions", Kind.WHOLE, "Half-days owed to EHC assessments and Section F provision; come first.", "80"),
            _c("Other duties sessions", "other_duties_sessions", Kind.WHOLE, "Half-days of management, supervision and the like. Blank means none.", "10", is_required=False),
            _c("Vacant", "is_vacant", Kind.YES_NO, "Yes while nobody is in post: its time is not counted.", "no"),
            _c("Drives", "drives", Kind.YES_NO, "No when the person cannot drive between schools. Blank means yes.", "yes", is_required=False),
            _c("Based at URN", "based_at_urn", Kind.URN, "The school where the person is based.", "900001", is_required=False),
            _c("Most schools", "most_schools", Kind.WHOLE, "The most schools the person serves in the year.", "10", is_required=False),
            _c("Half-days by half-term", "half_term_sessions", Kind.SIX_WHOLES, "How the sessions a year fall on half-terms 1 to 6; blank spreads them by the weeks of each.", "56; 58; 50; 42; 58; 56", is_required=False),
            _c("First half-term", "first_half_term", Kind.WHOLE, "The first half-term (1 to 6) the person is there; blank means from September.", "3", is_required=False),
            _c("Last half-term", "last_half_term", Kind.WHOLE, "The last half-term (1 to 6) the person is there; blank means to July.", "6", is_required=False),
        ),
    ),
    Sheet(
        name="Bases", attribute="bases", noun=nouns.Base, key=("base_id",),
        help="One row an inclusion base (SEN unit, resourced provision), open now or possible, for one phase.",
        columns=(
            _c("Base", "base_id", Kind.ID, "A short name.", "oak_asd"),
            _c("Name", "name", Kind.TEXT, "The base's name.", "The Oak Room"),
            _c("Host URN", "host_urn", Kind.URN, "The member school that hosts it.", "900003"),
            _c("Phase", "phase", Kind.CHOICE, "primary or secondary.", "primary", choices=nouns.Phase),
            _c("Needs", "needs", Kind.NEEDS, "Need codes it is designated for.", "ASD; SLCN"),
            _c("Kind", "kind", Kind.CHOICE, "support base (ours or a request) or specialist base (the council's).", "support base", choices=nouns.BaseKind),
            _c("Open now", "is_open", Kind.YES_NO, "Yes if it is running.", "no"),
            _c("Places now", "places_now", Kind.WHOLE, "Commissioned places now; 0 when not open.", "0"),
            _c("Pupils now", "pupils_now", Kind.WHOLE, "Pupils in it now, whose places are kept.", "0"),
            _c("Possible sizes", "sizes", Kind.WHOLES, "Numbers of places at which it may run this year; an open base may always stay as it is.", "8; 12; 16"),
            _c("May close", "may_close", Kind.YES_NO, "Yes if the plan may close an open base with no pupils. Blank means no.", "no", is_required=False),
            _c("Teacher cost", "teacher_cost_pounds", Kind.POUNDS, "Pounds a year for each teacher in charge; blank takes the policy's default.", "62000", is_required=False),
            _c("Cost a place", "place_cost_pounds", Kind.POUNDS, "Pounds a year for each place beside the teacher; blank takes the default.", "9000", is_required=False),
            _c("Place funding", "place_funding_pounds", Kind.POUNDS, "Pounds a year the council pays for each place. Blank means none.", "6000", is_required=False),
            _c("Opening cost", "opening_cost_pounds", Kind.POUNDS, "One-off pounds to open it; blank takes the default, none when open.", "40000", is_required=False),
            _c("Opens in half-term", "opens_in_half_term", Kind.WHOLE, "For a base that is not open: the half-term, 1 to 6, in which it would open. Blank means 1.", "4", is_required=False),
            _c("Admissions by", "admissions_by", Kind.TEXT, "Who decides entry.", "Board panel", is_required=False),
            *_rights(),
        ),
    ),
    Sheet(
        name="Host conditions", attribute="host_conditions", noun=nouns.HostCondition, key=("urn",),
        help="Whether a school agrees to host a new or larger base.",
        columns=(
            _c("URN", "urn", Kind.URN, "A member school.", "900003"),
            _c("Consent", "consent", Kind.CHOICE, "Only a yes lets a base open or grow.", "yes", choices=nouns.Consent),
            _c("Most places", "most_places", Kind.WHOLE, "The most base places the school would host in all.", "16", is_required=False),
            _c("Condition", "condition", Kind.TEXT, "The host's condition, in words.", "From January, when the room is ready", is_required=False),
        ),
    ),
    Sheet(
        name="Last year", attribute="last_year", noun=nouns.LastYear, key=("urn", "item"),
        help="What each school had last year.",
        columns=(
            _c("URN", "urn", Kind.URN, "A member school.", "900001"),
            _c("Item", "item", Kind.ID, "grant (pounds) or a service's short name (half-day sessions).", "ep_county"),
            _c("Amount", "amount", Kind.WHOLE, "Pounds or half-day sessions.", "14"),
        ),
    ),
    Sheet(
        name="Last year links", attribute="last_year_links", noun=nouns.LastYearLink, key=("urn", "service_id", "person_id"),
        help="Who came to each school from each service last year, so that schools may keep who they know.",
        columns=(
            _c("URN", "urn", Kind.URN, "A member school.", "900001"),
            _c("Service", "service_id", Kind.ID, "The service the person belongs to.", "ep_county"),
            _c("Person", "person_id", Kind.ID, "The person who came; somebody who has left may stand here.", "ep1"),
        ),
    ),
    Sheet(
        name="Heads rules", attribute="head_rules", noun=nouns.HeadRule, key=("rule_id",),
        help="Rules and locks that heads set for their own school.",
        columns=(
            _c("Rule", "rule_id", Kind.ID, "A short name.", "millbrook_slt"),
            _c("URN", "urn", Kind.URN, "The head's own school.", "900001"),
            _c("Item", "item", Kind.ID, "grant (pounds) or a service's short name (half-day sessions).", "slt_trust"),
            _c("Bound", "bound", Kind.CHOICE, "at least, at most or exactly.", "at least", choices=nouns.Bound),
            _c("Amount", "amount", Kind.WHOLE, "Pounds or half-day sessions.", "12"),
            _c("Locked", "is_locked", Kind.YES_NO, "Yes when nobody but the head may relax it. Blank means no.", "no", is_required=False),
            _c("Reason", "reason", Kind.TEXT, "Why, in the head's words.", "Two programmes run to July", is_required=False),
        ),
    ),
    Sheet(
        name="Draws", attribute="draws", noun=nouns.Draw, key=("draw_id",),
        help="Money paid out of the moderated pot or the contingency so far this year. Name no pupil.",
        columns=(
            _c("Draw", "draw_id", Kind.ID, "A short name or number.", "D1"),
            _c("Date", "date", Kind.DATE, "The day it was paid.", "2026-10-14"),
            _c("Pot", "pot", Kind.CHOICE, "moderated pot or contingency.", "moderated pot", choices=nouns.Pot),
            _c("Pounds", "pounds", Kind.POUNDS, "Whole pounds paid.", "1800"),
            _c("URN", "urn", Kind.URN, "The school it went to; blank when it was for several.", "900003", is_required=False),
            _c("What for", "what_for", Kind.TEXT, "In a few words, naming nobody.", "Extra adult until Christmas", is_required=False),
        ),
    ),
    Sheet(
        name="Queries", attribute="queries", noun=nouns.DataQuery, key=("query_id",),
        help="Questions schools raised about their figures, and how they ended.",
        columns=(
            _c("Query", "query_id", Kind.ID, "A short name or number.", "Q1"),
            _c("URN", "urn", Kind.URN, "The school that asked.", "900001"),
            _c("Sheet", "sheet", Kind.TEXT, "The sheet the figure is in.", "Schools"),
            _c("Column", "column", Kind.TEXT, "The column the figure is in.", "FSM6 pupils"),
            _c("Was", "was", Kind.TEXT, "The figure before.", "16"),
            _c("Now", "now", Kind.TEXT, "The figure after.", "61"),
            _c("Outcome", "outcome", Kind.TEXT, "upheld, not upheld or open.", "upheld"),
            _c("Decided on", "decided_on", Kind.DATE, "The day it was decided.", "2026-03-12", is_required=False),
            _c("Note", "note", Kind.TEXT, "What was found.", "Digits were swapped in the upload", is_required=False),
        ),
    ),
    Sheet(
        name="Sources", attribute="sources", noun=nouns.Source, key=("sheet", "key", "column"),
        help="Where figures come from, and which are assumed. An assumption stands only while the cell still holds its value.",
        columns=(
            _c("Sheet", "sheet", Kind.TEXT, "The sheet the figure is in.", "Funds"),
            _c("Key", "key", Kind.TEXT, "The row's first column (several keys joined by /), or * for the whole column.", "imf"),
            _c("Column", "column", Kind.TEXT, "The column the figure is in.", "September to March"),
            _c("Value", "value", Kind.TEXT, "The value assumed; blank for a sourced figure.", "157500", is_required=False),
            _c("Source", "source", Kind.TEXT, "Publisher and release, or the policy pack's figure.", "Policy pack: planning proxy per pupil"),
            _c("Date", "date", Kind.TEXT, "The figure's date.", "2026-06-25", is_required=False),
            _c("Assumed", "is_assumed", Kind.YES_NO, "Yes when nobody has confirmed it; write no to confirm a value that is right.", "yes"),
        ),
    ),
)
