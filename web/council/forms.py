"""What a commissioner fills in of the council's own supply."""

from __future__ import annotations

import re
from typing import Any

from govuk_frontend_wtf.wtforms_widgets import GovCheckboxesInput, GovRadioInput, GovSelect
from wtforms import HiddenField, RadioField, SelectField, SelectMultipleField, StringField, ValidationError
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from planner.partnership import HALF_DAYS_IN_A_YEAR, Phase
from web.forms import Form, text_field
from web.words import upper_first

NEW = "new"
MOST_PLACES, MOST_POUNDS, MOST_SIZES = 200, 100_000, 8


class Wholes(Form):
    """Forms of whole numbers, and of a note for the list of versions."""

    based_on = HiddenField()

    def number(self, name: str) -> int:
        """What a field of a valid form says."""
        return int(self[name].data.replace(",", ""))


def whole_field(label: str, *, most: int, hint: str = "") -> StringField:
    """A whole number from 0 to ``most``."""
    name = label.lower()

    def check(_: Any, field: StringField) -> None:
        text = field.data.replace(",", "")
        if not re.fullmatch(r"\d{1,7}", text, re.ASCII) or int(text) > most:
            raise ValidationError(f"{label} must be a whole number from 0 to {most:,}.")

    field = text_field(label, f"Enter {name}.", hint=hint)
    field.kwargs["validators"].append(check)
    return field


def note_field() -> StringField:
    """A word about the new version."""
    return text_field("What is new?", "Say in a few words what is new.", hint="For whoever reads the list of versions later.")


class PostForm(Wholes):
    """A post in a service of the council."""

    service = SelectField("Which service?", widget=GovSelect())
    service_name = text_field("Name of the new service", "")
    role = SelectField("What kind of specialist?", widget=GovSelect())
    name = text_field("The post", "Enter what the post is called.", hint="Such as Educational psychologist, 0.6. Not a person's name.")
    sessions = whole_field(
        "Half-days a year",
        most=HALF_DAYS_IN_A_YEAR,
        hint="A half-day is three hours. Net of leave and travel: a full-time post has at most 390.",
    )
    statutory = whole_field(
        "Of these, half-days for statutory work", most=HALF_DAYS_IN_A_YEAR, hint="They come first and are never shared out."
    )
    price = whole_field("Price of a half-day in pounds", most=5_000, hint="0 where the council gives it free.")
    note = note_field()

    def validate_service_name(self, field: StringField) -> None:
        """A new service has a name."""
        if self.service.data == NEW and not field.data:
            raise ValidationError("Enter the name of the new service, or choose one that is there.")

    def validate_statutory(self, field: StringField) -> None:
        """No more than the post has."""
        sessions, statutory = (text.replace(",", "") for text in (self.sessions.data, field.data))
        if sessions.isdecimal() and statutory.isdecimal() and int(statutory) > int(sessions):
            raise ValidationError("Half-days for statutory work cannot be more than the post has.")


class BaseForm(Wholes):
    """A specialist base of the council."""

    base = HiddenField()
    name = text_field("Name of the base", "Enter the base's name.")
    host = SelectField("Which school hosts it?", validators=[InputRequired("Choose the school that hosts it.")], widget=GovSelect())
    phase = RadioField(
        "Which phase is it for?", validators=[InputRequired("Choose the phase.")], widget=GovRadioInput(),
        choices=[SelectChoice(phase.value, upper_first(phase.value)) for phase in (Phase.PRIMARY, Phase.SECONDARY)],
    )  # fmt: skip
    needs = SelectMultipleField(
        "Which needs is it for?", validators=[InputRequired("Choose one need or more.")], widget=GovCheckboxesInput()
    )
    is_open = RadioField(
        "Is it open now?", validators=[InputRequired("Choose whether it is open now.")], widget=GovRadioInput(),
        choices=[SelectChoice("yes", "Yes"), SelectChoice("no", "No: it could open")],
    )  # fmt: skip
    places = whole_field("Places now", most=MOST_PLACES, hint="0 where it is not open.")
    pupils = whole_field("Pupils there now", most=MOST_PLACES, hint="A number only.")
    sizes = text_field(
        "Numbers of places at which it may run",
        "Enter the numbers of places at which it may run.",
        hint="With commas between, such as 8, 12.",
    )
    funding = whole_field("What the council pays for a place, pounds a year", most=MOST_POUNDS)
    note = note_field()

    def validate_sizes(self, field: StringField) -> None:
        """Whole numbers, few of them."""
        parts = re.split(r"[\s,;]+", field.data.strip(",; "))
        if len(parts) > MOST_SIZES or not all(re.fullmatch(r"[1-9]\d{0,2}", part, re.ASCII) and int(part) <= MOST_PLACES for part in parts):
            raise ValidationError(f"Write up to {MOST_SIZES} whole numbers from 1 to {MOST_PLACES}, such as 8, 12.")

    def validate_places(self, field: StringField) -> None:
        """A base that is not open has none."""
        if self.is_open.data == "no" and field.data not in {"", "0"}:
            raise ValidationError("A base that is not open has 0 places now.")

    def listed_sizes(self) -> tuple[int, ...]:
        """The numbers of places, once the form is valid."""
        return tuple(sorted({int(part) for part in re.findall(r"\d+", self.sizes.data)}))
