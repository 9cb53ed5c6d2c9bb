"""What heads ask about a line, and what they are answered."""

from __future__ import annotations

from govuk_frontend_wtf.wtforms_widgets import GovRadioInput
from wtforms import HiddenField, RadioField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from planner.store import Decision
from web.forms import Form, long_text_field, text_field

DECISIONS = {
    Decision.RIGHT: "The figure is right",
    Decision.CORRECTED: "The figure is wrong and will be corrected",
    Decision.BOARD: "The board will look at it",
}


class QuestionForm(Form):
    """A question about one line of a school."""

    line = text_field("Which line is it about?", "Enter the line, as the page names it.", hint="As the page names it, for example: Grant.")
    question = long_text_field(
        "What is your question?", "Enter your question.",
        hint="Say what you expected and why. Everybody in the partnership can read it, so name no pupils.",
    )  # fmt: skip


class AnswerForm(Form):
    """An answer, and what was decided about the figure."""

    answer = long_text_field("Your answer", "Enter your answer.", hint="Everybody in the partnership can read it, so name no pupils.")
    decided = RadioField(
        "What was decided?", validators=[InputRequired("Choose what was decided.")], widget=GovRadioInput(),
        choices=[SelectChoice(decision.value, text) for decision, text in DECISIONS.items()],
        description="If the figure is wrong, the next steps stand on this page afterwards.",
    )  # fmt: skip
    version = HiddenField()
