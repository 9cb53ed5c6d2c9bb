"""What people fill in when something has changed, and on a claim."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

from govuk_frontend_wtf.wtforms_widgets import GovCheckboxesInput, GovRadioInput, GovSelect
from wtforms import Field, RadioField, SelectField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Optional, ValidationError

from planner.asked_change import AskedChange, What
from planner.hosts import MOST_HOSTS, BaseSought
from planner.offered import MoneyOffered, TimeOffered
from planner.partnership import DecisionRight, Partnership, Phase
from planner.supply import is_planned
from web.forms import Form, long_text_field, text_field, whole_number
from web.words import upper_first

MOST_ASSESSMENTS, MOST_HALF_DAYS_EACH = 10_000, 100
MOST_OFFERED, MOST_PRICE, MOST_MONEY = 10_000, 5_000, 10_000_000
MOST_PLACES, MOST_FUNDING = 200, 100_000
LESS, MORE = "less", "more"
FULL, PART, NONE = "full", "part", "none"


def _list(label: str, *, hint: str = "") -> SelectField:
    return SelectField(label, description=hint, widget=GovSelect(), validate_choice=True)


def _radios(label: str, needed: str, choices: tuple[tuple[str, str], ...]) -> RadioField:
    return RadioField(
        label, validators=[InputRequired(needed)], widget=GovRadioInput(), choices=[SelectChoice(value, text) for value, text in choices]
    )


def whole(text: str) -> int | None:
    """A whole number of pounds, percent or anything else; None where it is none."""
    return whole_number(text.strip().removeprefix("£").removesuffix("%"))


class ChangeForm(Form):
    """What every change says: from when."""

    half_term = _list("From when?", hint="Half-terms before it are finished: what was given in them stays.")

    def asked(self, what: What) -> AskedChange:
        """The change that a valid form asks."""
        which, percent = getattr(self, "which", None), getattr(self, "percent", None)
        number = percent or getattr(self, "number", None)
        each, way = getattr(self, "each", None), getattr(self, "way", None)
        sign = -1 if way is not None and way.data == LESS else 1
        return AskedChange(
            what=what,
            half_term=int(self.half_term.data) if self.half_term.data else None,
            which="" if which is None else which.data,
            number=0 if number is None else sign * (whole(number.data) or 0),
            each="" if each is None else str(Fraction(each.data)),
        )


def _percent_is_right(_: Form, field: Field) -> None:
    if not 1 <= (whole(field.data) or 0) <= 100:
        raise ValidationError("Enter a whole percent from 1 to 100, such as 10.")


class LeavesForm(ChangeForm):
    """Somebody leaves."""

    which = _list("Who leaves?", hint="Posts that are vacant already are not listed.")


class VacantForm(ChangeForm):
    """A service runs with fewer people."""

    which = _list("Which service?")
    percent = text_field("How much of its time is vacant, in percent?", "Enter a percent, such as 10.", hint="Of the time still to come.")
    validate_percent = _percent_is_right


class AssessmentsForm(ChangeForm):
    """More statutory assessments."""

    which = _list("Which service must do them?")
    number = text_field("How many more assessments?", "Enter how many, such as 20.")
    each = text_field(
        "How many half-days does one take?", "Enter how many half-days one takes, such as 5.8.",
        hint="Your service knows; the planner holds no figure for it.",
    )  # fmt: skip

    def validate_number(self, field: Field) -> None:
        """A whole number within reason."""
        if not 1 <= (whole(field.data) or 0) <= MOST_ASSESSMENTS:
            raise ValidationError(f"Enter a whole number from 1 to {MOST_ASSESSMENTS:,}, such as 20.")

    def validate_each(self, field: Field) -> None:
        """A number of half-days, perhaps with decimals."""
        if not re.fullmatch(r"\d{1,3}(\.\d{1,3})?", field.data, re.ASCII) or not 0 < Fraction(field.data) <= MOST_HALF_DAYS_EACH:
            raise ValidationError(f"Enter a number of half-days up to {MOST_HALF_DAYS_EACH}, such as 5.8.")


class MoneyForm(ChangeForm):
    """Less money, or more."""

    which = _list("Which money?")
    way = _radios("Less or more?", "Choose less or more.", ((LESS, "Less"), (MORE, "More")))
    percent = text_field("By how much, in percent?", "Enter a percent, such as 10.", hint="Of the money still to come.")
    validate_percent = _percent_is_right


class SchoolLeavesForm(ChangeForm):
    """A school leaves."""

    which = _list("Which school leaves?", hint="It takes its contributions still to come and the bases it hosts with it.")


class JoinsForm(ChangeForm):
    """Schools join, as the newest figures hold them."""


class MoreForm(ChangeForm):
    """Time and money that others offer: fields for each service and fund of a plan (``more_form``), each service with its own price."""

    services: tuple[tuple[str, str, int], ...] = ()
    funds: tuple[tuple[str, str], ...] = ()

    def asked(self, what: What) -> AskedChange:
        """Every service and fund that something is offered to."""
        time = tuple(
            TimeOffered(service=service_id, half_days=number, pounds_each=own if price is None else price)
            for name, service_id, own in self.services
            if (number := whole(self[f"time_{name}"].data))
            for price in [whole(self[f"price_{name}"].data)]
        )
        money = tuple(
            MoneyOffered(fund=fund_id, pounds=number) for name, fund_id in self.funds if (number := whole(self[f"money_{name}"].data))
        )
        half_term = int(self.half_term.data) if self.half_term.data else None
        return AskedChange(what=what, half_term=half_term, time=time, money=money)


def more_form(p: Partnership) -> MoreForm:
    """The form for the services and funds of a plan, each at its own price."""
    services = [one for one in p.services if one.decision_right is not DecisionRight.INFORMATION]
    funds = [one for one in p.funds if is_planned(one)]
    fields: dict[str, Any] = {
        "services": tuple((str(n), one.service_id, one.price_pounds_per_session) for n, one in enumerate(services)),
        "funds": tuple((str(n), one.fund_id) for n, one in enumerate(funds)),
    }
    for n, service in enumerate(services):
        fields[f"time_{n}"] = _whole("Half-days", f"half-days of {service.name}", least=0, most=MOST_OFFERED)
        fields[f"price_{n}"] = _whole(
            "Price of each, £", f"the price of {service.name}", least=0, most=MOST_PRICE, default=str(service.price_pounds_per_session)
        )
    for n, fund in enumerate(funds):
        fields[f"money_{n}"] = _whole(fund.name, fund.name, least=0, most=MOST_MONEY)
    form: MoreForm = type("MoreForm", (MoreForm,), fields)()
    return form


def _whole(label: str, about: str, *, least: int, most: int, needed: str = "", hint: str = "", default: str = "") -> StringField:
    """A whole number within bounds, perhaps left blank."""

    def check(_: Form, field: Field) -> None:
        number = whole(field.data)
        if number is None or not least <= number <= most:
            raise ValidationError(f"Enter a whole number from {least} to {most:,} for {about}.")

    field = text_field(label, needed, hint=hint, default=default)
    field.kwargs["validators"] += [*([] if needed else [Optional()]), check]
    return field


class HostsForm(Form):
    """A base, and the schools to try it at."""

    like = _list(
        "Which base?",
        hint="It has the phase, needs, funding and costs of the base it is like; one that is not open yet is tried in its place.",
    )
    phase = RadioField(
        "Which phase is it for?", validate_choice=False, widget=GovRadioInput(),
        choices=[SelectChoice(phase.value, upper_first(phase.value)) for phase in (Phase.PRIMARY, Phase.SECONDARY)],
    )  # fmt: skip
    needs = SelectMultipleField("Which needs is it for?", widget=GovCheckboxesInput())
    funding = _whole("What the council pays for a place, pounds a year", "what the council pays", least=0, most=MOST_FUNDING, default="0")
    places = _whole("How many places?", "places", least=1, most=MOST_PLACES, needed="Enter how many places, such as 10.")
    hosts = SelectMultipleField(
        "Where could it be?", widget=GovCheckboxesInput(),
        description=f"Choose up to {MOST_HOSTS} schools. Choose none to try all of its phase that agree to host by the figures, where they are no more.",
    )  # fmt: skip

    def validate_phase(self, field: Field) -> None:
        """A new base has one."""
        if not self.like.data and field.data not in {value for value, *_ in field.iter_choices()}:
            raise ValidationError("Choose the phase of the new base.")

    def validate_needs(self, field: Field) -> None:
        """A new base has at least one."""
        if not self.like.data and not field.data:
            raise ValidationError("Choose one need or more for the new base.")

    def validate_hosts(self, field: Field) -> None:
        """Few enough that each has time."""
        if len(field.data or []) > MOST_HOSTS:
            raise ValidationError(f"Choose at most {MOST_HOSTS} schools: each is a plan of its own.")

    def asked(self, what: What) -> AskedChange:
        """The base and its hosts, none where none was chosen."""
        is_new = not self.like.data
        base = BaseSought(
            places=whole(self.places.data) or 0, hosts=tuple(int(urn) for urn in self.hosts.data or []), like=self.like.data,
            phase=Phase(self.phase.data) if is_new else None, needs=tuple(self.needs.data) if is_new else (),
            place_funding_pounds=(whole(self.funding.data) or 0) if is_new else 0,
        )  # fmt: skip
        return AskedChange(what=what, base=base)


FORMS: dict[What, type[ChangeForm | HostsForm]] = {
    What.LEAVES: LeavesForm,
    What.VACANT: VacantForm,
    What.ASSESSMENTS: AssessmentsForm,
    What.MONEY: MoneyForm,
    What.SCHOOL_LEAVES: SchoolLeavesForm,
    What.JOINS: JoinsForm,
    What.BASE: HostsForm,
}


def form_for(what: What, p: Partnership) -> ChangeForm | HostsForm:
    """The form of one kind of change of a plan of this partnership."""
    return more_form(p) if what is What.MORE else FORMS[what]()


def say_why(form: ChangeForm | HostsForm, why: str) -> None:
    """Say beside a field why the change cannot be asked."""
    field = form.hosts if isinstance(form, HostsForm) else form.half_term
    if isinstance(form, MoreForm) and form.services:
        field = form["time_0"]
    field.errors = [why]


# --- claims --------------------------------------------------------------------------------


class ClaimForm(Form):
    """A claim on the moderated pot: an amount of money or of a service's time, and what it is for."""

    of = _list("What do you claim?", hint="Half-days are paid from the pot at the service's own price.")
    amount = text_field(
        "How much?", "Enter how much, such as 4000 or 30.", hint="Whole pounds, or whole half-days of the service you chose."
    )
    what_for = long_text_field(
        "What is it for?", "Enter what it is for.",
        hint="The board reads this without your school's name. Do not name a child or your school, and leave out what would tell who they are: "
        "say what is needed and why now, for example: one more pupil with a high level of communication need since October.",
    )  # fmt: skip

    def validate_amount(self, field: Field) -> None:
        """A whole number that is not nought."""
        if not whole(field.data):
            raise ValidationError("Enter a whole number of pounds or half-days, such as 4000 or 30.")


class DecideForm(Form):
    """What the board decides on a claim."""

    decided = _radios(
        "What did the board decide?",
        "Choose what the board decided.",
        ((FULL, "Grant it"), (PART, "Grant a part of it"), (NONE, "Decline it")),
    )
    pounds = text_field("If a part: how many pounds?", "", hint="Whole pounds, fewer than were claimed.")
    reason = long_text_field(
        "Why?", "Enter the reason.", hint="Everybody in the partnership can read it. Do not name a child or a school."
    )  # fmt: skip
