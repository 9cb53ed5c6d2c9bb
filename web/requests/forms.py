"""How a request is answered."""

from __future__ import annotations

from govuk_frontend_wtf.wtforms_widgets import GovRadioInput
from wtforms import RadioField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from web.forms import Form, long_text_field

YES, NO = "yes", "no"


class AnswerForm(Form):
    """Yes or no, with words."""

    decided = RadioField(
        "Do you grant it?", choices=[SelectChoice(YES, "Yes"), SelectChoice(NO, "No")], validators=[InputRequired("Choose yes or no.")], widget=GovRadioInput()
    )  # fmt: skip
    answer = long_text_field(
        "Say why", "Enter why.", hint="Who asked reads this. If you say no, say what would make it possible. Name no pupils."
    )
