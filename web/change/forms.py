"""What people fill in when something has changed, and on a claim."""

from __future__ import annotations

import re
from fractions import Fraction

from govuk_frontend_wtf.wtforms_widgets import GovRadioInput, GovSelect
from wtforms import Field, RadioField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, ValidationError

from planner.asked_change import AskedChange, What
from web.forms import Form, long_text_field, text_field, whole_number

MOST_ASSESSMENTS, MOST_HALF_DAYS_EACH = 10_000, 100
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


FORMS: dict[What, type[ChangeForm]] = {
    What.LEAVES: LeavesForm,
    What.VACANT: VacantForm,
    What.ASSESSMENTS: AssessmentsForm,
    What.MONEY: MoneyForm,
    What.SCHOOL_LEAVES: SchoolLeavesForm,
    What.JOINS: JoinsForm,
}


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
