"""What is typed into a draft: a rule for one's own school, a name, and what goes to the board."""

from __future__ import annotations

from govuk_frontend_wtf.wtforms_widgets import GovRadioInput, GovSelect
from wtforms import BooleanField, HiddenField, RadioField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from web.forms import Form, long_text_field, text_field

AT_LEAST, AT_MOST, EXACTLY, LAST_YEAR, AS_PLANNED = "at least", "at most", "exactly", "last year", "as planned"
HOW = {
    AT_LEAST: "At least this amount",
    AT_MOST: "At most this amount",
    EXACTLY: "Exactly this amount",
    LAST_YEAR: "No less than last year",
    AS_PLANNED: "Exactly as in the plan",
}


class WishForm(Form):
    """A rule for one's own school."""

    item = SelectField("What is it about?", choices=[], widget=GovSelect())
    how = RadioField(
        "What must hold?", choices=[SelectChoice(value, text) for value, text in HOW.items()], validators=[InputRequired("Choose what must hold.")], widget=GovRadioInput()
    )  # fmt: skip
    amount = text_field(
        "Amount", "", hint="Pounds a year for grant, half-days a year for a service. Leave it empty for the last two.", most=12
    )
    is_locked = BooleanField("Lock it: it may not give way to make room")
    rule_id = HiddenField()


class NameForm(Form):
    """A draft's name."""

    name = text_field("Name of this draft", "Enter a name.", most=80)


class SubmitForm(Form):
    """What the board reads first."""

    title = text_field("Title", "Enter a title.", hint="What the board is asked to change, in one line.", most=120)
    why = long_text_field(
        "Why", "Enter why the board should make this change.", hint="Everybody in the partnership can read it, so name no pupils."
    )
