"""What people fill in to bring figures, to confirm them, and to set the policy."""

from __future__ import annotations

import re
from typing import Any

from govuk_frontend_wtf.wtforms_widgets import GovRadioInput
from wtforms import RadioField, StringField, ValidationError
from wtforms.validators import InputRequired

from web.forms import Form, file_field, long_text_field, text_field

FEWEST_SCHOOLS, MOST_NEAR_SCHOOLS = 2, 60
"""As planner.intake.dfe_schools has them; importing that loads what only a build needs."""
NOTE = "For whoever reads the list of versions later."


class WorkbookForm(Form):
    """A partnership's figures in a file."""

    file = file_field(
        "Workbook (.xlsx) or ZIP of CSV files", hint="Up to 20 MB. No pupils' names and no pupil's details: the planner never needs them."
    )


class ConfirmForm(Form):
    """What is new in a version."""

    note = text_field("What is new?", "Say in a few words what is new.", hint=NOTE)


class PolicyForm(Form):
    """The board's own settings in a file."""

    file = file_field(
        "The board's settings (.toml)",
        hint="Up to 100 KB. What the file does not set is as the planner's policy pack has it, also where the form or an earlier file set it.",
    )


class DfeFileForm(Form):
    """One of the Department's files."""

    file = file_field("File", hint="A CSV, or the ZIP it came in, up to 100 MB. The planner tells by its headings which file it is.")


class ListForm(Form):
    """Schools by their numbers."""

    urns = long_text_field("URNs of the schools", "Enter the URNs of the schools.", hint="One a line, or with commas or spaces between.")

    def validate_urns(self, field: StringField) -> None:
        """Whole numbers, each once, not too many."""
        words = re.split(r"[\s,;]+", field.data.strip(",; \n"))
        wrong = next((word for word in words if not re.fullmatch(r"[1-9]\d{4,6}", word, re.ASCII)), None)
        if wrong is not None:
            raise ValidationError(f"{wrong[:30]} is no URN: a URN is a number of 5 to 7 digits, such as 125271.")
        if not FEWEST_SCHOOLS <= len(set(words)) <= MOST_NEAR_SCHOOLS:
            raise ValidationError(f"List {FEWEST_SCHOOLS} to {MOST_NEAR_SCHOOLS} schools. There are {len(set(words)):,} here.")

    def listed(self) -> tuple[int, ...]:
        """The numbers, once the form is valid."""
        return tuple(dict.fromkeys(int(word) for word in re.findall(r"\d+", self.urns.data)))


class NearForm(Form):
    """Schools round one of them."""

    near = RadioField(
        "Which school is in the middle?", validators=[InputRequired("Choose the school in the middle.")], widget=GovRadioInput()
    )
    count = text_field(
        "How many schools, with this one?",
        "Enter how many schools.",
        hint=f"From {FEWEST_SCHOOLS} to {MOST_NEAR_SCHOOLS}: those nearest to it.",
    )

    def validate_count(self, field: StringField) -> None:
        """A whole number within reason."""
        if not re.fullmatch(r"\d{1,3}", field.data, re.ASCII) or not FEWEST_SCHOOLS <= int(field.data) <= MOST_NEAR_SCHOOLS:
            raise ValidationError(f"How many schools must be a whole number from {FEWEST_SCHOOLS} to {MOST_NEAR_SCHOOLS}.")


class BuildForm(Form):
    """What the partnership is called and the year that is planned."""

    name = text_field("Name of the partnership", "Enter the partnership's name.")
    academic_year = text_field(
        "Academic year", "Enter the academic year, such as 2026/27.", hint="The year that is planned, such as 2026/27."
    )

    def validate_academic_year(self, field: Any) -> None:
        """Two years that follow each other."""
        years = re.fullmatch(r"20(\d\d)[/-](\d\d)", field.data, re.ASCII)
        if years is None or (int(years[1]) + 1) % 100 != int(years[2]):
            raise ValidationError("Write the academic year as two years that follow each other, such as 2026/27.")
