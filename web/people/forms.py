"""What administrators fill in about people, and what somebody does who forgot their password."""

from __future__ import annotations

from typing import Any

from govuk_frontend_wtf.wtforms_widgets import GovRadioInput, GovSelect
from wtforms import RadioField, SelectField, ValidationError
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from planner.store import Role
from web.access import ROLE_NAMES
from web.accounts.passwords import LEAST_LETTERS
from web.forms import Form, password_field, text_field
from web.words import upper_first

WHOM_FOR = "Their name, so that you know later whom the link was for. They choose for themselves how others see them."


class HouseInvitationForm(Form):
    """Another administrator of the whole service."""

    invitee = text_field("Who do you invite?", "Enter the name of the person you invite.", hint=WHOM_FOR)


class InvitationForm(HouseInvitationForm):
    """Somebody to come into a partnership, in one role; a head to one school."""

    role = RadioField(
        "What are they to be?", validators=[InputRequired("Choose what they are to be.")], widget=GovRadioInput(),
        choices=[SelectChoice(role.value, upper_first(name)) for role, name in ROLE_NAMES.items()],
        description="Invite them again for a second role: they add it to the same account.",
    )  # fmt: skip
    school = SelectField("Which school do they head?", description="For a head only.", default="", widget=GovSelect())

    def validate_role(self, field: Any) -> None:
        """A head needs a school to head."""
        if field.data == Role.HEAD and len(self.school.choices) == 1:
            raise ValidationError(
                "A head is invited to a school, and no schools are here yet. Bring the figures first, or choose another role."
            )

    def validate_school(self, field: Any) -> None:
        """Only a head's is looked at."""
        if self.role.data == Role.HEAD and len(field.choices) > 1 and not field.data:
            raise ValidationError("Choose the school that they head.")


class ChosenPasswordForm(Form):
    """A new password, chosen by whoever has the link."""

    password = password_field(
        "New password", "Choose a new password.", hint=f"At least {LEAST_LETTERS} characters. Three or four words are good."
    )
