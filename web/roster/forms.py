"""What a service manager fills in about a roster."""

from __future__ import annotations

from typing import Any

from govuk_frontend_wtf.wtforms_widgets import GovRadioInput, GovSelect
from wtforms import RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, ValidationError

from planner.partnership import HALF_TERMS
from planner.roster_requests import PersonSettings, WishKind
from web.forms import Form, text_field, whole_number

MOST_HALF_DAYS = 400
MOST_KM = 1000
WHOLE_YEAR = ("", "The whole year")


def half_term_choices(first: tuple[str, str]) -> list[SelectChoice]:
    """What a list of half-terms offers."""
    return [SelectChoice(*first), *(SelectChoice(str(h), f"Half-term {h}") for h in range(1, HALF_TERMS + 1))]


class WishForm(Form):
    """Somebody is to come to a school or zone, or to stay away."""

    kind = RadioField(
        "What do you ask?", validators=[InputRequired("Choose what you ask.")], widget=GovRadioInput(),
        choices=[SelectChoice(WishKind.COMES.value, "This person comes"), SelectChoice(WishKind.STAYS_AWAY.value, "This person stays away")],
    )  # fmt: skip
    person = SelectField("Who?", validators=[InputRequired("Choose a person.")], widget=GovSelect())
    recipient = SelectField("Which school or zone?", validators=[InputRequired("Choose a school or zone.")], widget=GovSelect())
    half_term = SelectField(
        "When?", widget=GovSelect(), choices=half_term_choices(WHOLE_YEAR),
        description="For the whole year nobody else of their service comes there. For a half-term they come for half a day of it at least.",
    )  # fmt: skip


class SwapForm(Form):
    """Two people of a service, each to a school or zone of the other."""

    first = SelectField("First person and place", validators=[InputRequired("Choose who goes where now.")], widget=GovSelect())
    second = SelectField("Second person and place", validators=[InputRequired("Choose who goes where now.")], widget=GovSelect())


def number_field(label: str, *, hint: str = "") -> StringField:
    """A whole number that may be left blank."""
    return text_field(label, "", hint=hint, most=6)


def whole(text: str | None, *, most: int) -> int | None:
    """A whole number, None for a blank; ValidationError for anything else."""
    if not text:
        return None
    number = whole_number(text)
    if number is None or number > most:
        raise ValidationError(f"Enter a whole number from 0 to {most:,}, or leave it blank.")
    return number


class SettingsForm(Form):
    """What holds for everybody in one roster."""

    most_schools = number_field(
        "Most schools for one person", hint="For everybody who has no limit of their own. Leave it blank for no limit."
    )
    reach_km = number_field(
        "How far those go who do not drive, in km", hint="In a straight line from their base. Leave it blank for what the policy says."
    )

    def validate_most_schools(self, field: Any) -> None:
        """A number or nothing."""
        whole(field.data, most=99)

    def validate_reach_km(self, field: Any) -> None:
        """A number or nothing."""
        whole(field.data, most=MOST_KM)


class PersonForm(Form):
    """The settings of one person in one roster."""

    most_schools = number_field("Most schools", hint="Leave it blank for no limit.")
    half_term_1 = number_field("Half-term 1")
    half_term_2 = number_field("Half-term 2")
    half_term_3 = number_field("Half-term 3")
    half_term_4 = number_field("Half-term 4")
    half_term_5 = number_field("Half-term 5")
    half_term_6 = number_field("Half-term 6")
    first = SelectField("There from", widget=GovSelect(), choices=half_term_choices(("", "The start of the year")))
    last = SelectField("There until the end of", widget=GovSelect(), choices=half_term_choices(("", "The year")))

    @property
    def pattern(self) -> list[Any]:
        """The six fields of the working pattern."""
        return [self[f"half_term_{h}"] for h in range(1, HALF_TERMS + 1)]

    def validate_most_schools(self, field: Any) -> None:
        """A number or nothing."""
        whole(field.data, most=99)

    def validate_half_term_1(self, _: Any) -> None:
        """All six are numbers, or none is filled in."""
        for field in self.pattern:
            whole(field.data, most=MOST_HALF_DAYS)
        if 0 < sum(bool(field.data) for field in self.pattern) < HALF_TERMS:
            raise ValidationError("Fill in all six half-terms, or leave all six blank.")

    def validate_last(self, field: Any) -> None:
        """They leave after they came."""
        if field.data and self.first.data and int(field.data) < int(self.first.data):
            raise ValidationError("Choose a half-term that is not before the first.")

    def settings(self, person_id: str) -> PersonSettings:
        """What was filled in, once the form is valid."""
        pattern = tuple(int(field.data) for field in self.pattern if field.data)
        return PersonSettings(
            person_id=person_id,
            most_schools=whole(self.most_schools.data, most=99),
            half_term_sessions=pattern,
            first_half_term=int(self.first.data) if self.first.data else None,
            last_half_term=int(self.last.data) if self.last.data else None,
        )
