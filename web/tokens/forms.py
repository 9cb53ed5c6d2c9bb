"""What people fill in to make a token."""

from __future__ import annotations

from govuk_frontend_wtf.wtforms_widgets import GovRadioInput
from wtforms import RadioField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from web.forms import Form, text_field

DAYS = {"30": "30 days", "90": "90 days", "365": "A year"}


class TokenForm(Form):
    """A token with a name and a last day."""

    name = text_field(
        "What is it for?", "Say what the token is for.", hint="The program that will use it, such as “Finance system”.", most=60
    )
    days = RadioField(
        "How long should it work?",
        choices=[SelectChoice(days, words) for days, words in DAYS.items()],
        default="90",
        validators=[InputRequired("Choose how long the token should work.")],
        widget=GovRadioInput(),
    )
