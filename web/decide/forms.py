"""What the chair sets before a vote, what members declare, say and vote, and what is signed."""

from __future__ import annotations

import re
from typing import Any

from govuk_frontend_wtf.wtforms_widgets import GovCheckboxesInput, GovDateInput, GovRadioInput, GovSelect
from wtforms import DateField, HiddenField, RadioField, SelectField, SelectMultipleField, ValidationError
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from planner.store import SignStep
from planner.store.decisions import VotingRules
from planner.voting import Majority, Say, Weighting
from web.forms import Form, long_text_field, text_field
from web.words import today

NO_SCHOOL = "none"
MAJORITIES = {
    Majority.SIMPLE: "More than half",
    Majority.TWO_THIRDS: "At least two-thirds",
    Majority.UNANIMITY: "All",
}
WEIGHTINGS = {
    Weighting.ONE_EACH: "One vote for each member",
    Weighting.BY_SCHOOL: "One vote for each school",
}
COUNCIL = {"yes": "Yes", "no": "No"}
SAYS = {Say.AGAINST: "Against all options", Say.ABSTAIN: "I abstain"}
NO_PUPILS = "Everybody who may comment here can read it, so name no pupils."


class DecisionForm(Form):
    """A decision and its rules."""

    title = text_field("What is to be decided?", "Enter what is to be decided.", hint="For example: the plan for 2026-27.")
    options = SelectMultipleField(
        "Which plans are before the board?", widget=GovCheckboxesInput(), validate_choice=True,
        description="The options that members vote on. A vote against all of them is always possible.",
    )  # fmt: skip
    quorum = text_field("How many members must vote?", "Enter how many members must vote.", hint="")
    majority = RadioField(
        "How many of the votes must an option have?", validators=[InputRequired("Choose how many of the votes an option must have.")],
        widget=GovRadioInput(), choices=[SelectChoice(one.value, text) for one, text in MAJORITIES.items()],
        description="Of the votes for an option or against all of them. Who abstains counts towards how many must vote, and for nothing else.",
    )  # fmt: skip
    weighting = RadioField(
        "What does a vote weigh?", validators=[InputRequired("Choose what a vote weighs.")], widget=GovRadioInput(),
        choices=[SelectChoice(one.value, text) for one, text in WEIGHTINGS.items()],
        description="By school, members who belong to the same school share its vote equally, and who belongs to none has one of their own.",
    )  # fmt: skip
    council = RadioField(
        "Must the council or Schools Forum agree too?", validators=[InputRequired("Choose whether the council or Schools Forum must agree.")],
        widget=GovRadioInput(), choices=[SelectChoice(value, text) for value, text in COUNCIL.items()],
        description="If so, it signs after the board and the finance officer. The accountable body's scheme of delegation says when.",
    )  # fmt: skip
    version = HiddenField()
    members = 0
    """How many are on the board now."""

    def validate_options(self, field: SelectMultipleField) -> None:
        """At least one plan."""
        if not field.data:
            raise ValidationError("Choose at least one plan. Where there is none yet, have one made first.")

    def validate_quorum(self, field: Any) -> None:
        """A whole number that the board can reach."""
        if not re.fullmatch(r"[1-9]\d{0,2}", field.data, re.ASCII) or int(field.data) > self.members:
            raise ValidationError(f"Enter a whole number from 1 to {self.members:,}, which is how many are on the board now.")

    def rules(self) -> VotingRules:
        """The rules, once the form is valid."""
        return VotingRules(
            quorum=int(self.quorum.data), majority=Majority(self.majority.data), weighting=Weighting(self.weighting.data),
            needs_council=self.council.data == "yes",
        )  # fmt: skip

    def plans(self) -> list[int]:
        """The options, once the form is valid."""
        return [int(plan_id) for plan_id in self.options.data]


class InterestsForm(Form):
    """What a member declares before they comment or vote."""

    schools = SelectMultipleField(
        "Which schools do you belong to?", widget=GovCheckboxesInput(),
        description="As head, governor, trustee, member of staff or parent. Choose all that apply.",
    )  # fmt: skip
    other = long_text_field(
        "Any other interest", "Enter any other interest, or the word None.",
        hint="For example a post in a trust, a service or the council. Enter None if there is none. It is printed in the minutes.",
    )  # fmt: skip

    def validate_schools(self, field: SelectMultipleField) -> None:
        """An answer, and not both a school and none."""
        if not field.data:
            raise ValidationError("Choose the schools you belong to, or that you belong to none.")
        if NO_SCHOOL in field.data and len(field.data) > 1:
            raise ValidationError("Choose either schools, or that you belong to none.")

    def urns(self) -> list[int]:
        """The schools, once the form is valid."""
        return [int(urn) for urn in self.schools.data if urn != NO_SCHOOL]


class CommentForm(Form):
    """A comment on the decision or on one option."""

    about = SelectField("What is it about?", widget=GovSelect())
    text = long_text_field(
        "Your comment", "Enter your comment.", hint=f"{NO_PUPILS} It cannot be changed afterwards; you can withdraw it, and that shows."
    )

    def plan_id(self) -> int | None:
        """The option it is about, once the form is valid."""
        return int(self.about.data) if self.about.data else None


class VoteForm(Form):
    """One member's vote."""

    choice = RadioField("Your vote", validators=[InputRequired("Choose how you vote.")], widget=GovRadioInput())
    reason = long_text_field(
        "Your reason", "", hint="Needed where you vote against all options or abstain. It is printed in the minutes as you write it."
    )

    def validate_reason(self, field: Any) -> None:
        """Whoever does not vote for an option says why."""
        if self.choice.data in set(SAYS) and not field.data:
            raise ValidationError("Enter your reason: it is needed where you vote against all options or abstain.")

    def vote(self) -> tuple[Say, int | None]:
        """What is voted, once the form is valid."""
        return (Say(self.choice.data), None) if self.choice.data in set(SAYS) else (Say.OPTION, int(self.choice.data))


class MinutesForm(Form):
    """The minutes' text."""

    text = long_text_field(
        "Minutes", "Enter the minutes.", most=50_000,
        hint="A blank line begins a new part, and the first line of a part is its heading. The versions before are kept.",
    )  # fmt: skip
    version = HiddenField()


class SignForm(Form):
    """One signature."""

    place = RadioField("Whose signature is it?", validators=[InputRequired("Choose whose signature it is.")], widget=GovRadioInput())
    name = text_field(
        "Name of who signs", "Enter the name of who signs.", hint="As it is to stand in the record.", render_kw={"autocomplete": "off"}
    )
    role = text_field("Their role", "Enter their role.", hint="For example: chair of the board, director of finance, clerk to the Forum.")
    signed_on = DateField(
        "When did they sign?", format="%d %m %Y", widget=GovDateInput(), description="For example 27 3 2026.",
        validators=[InputRequired("Enter the day they signed, such as 27 3 2026.")],
    )  # fmt: skip
    evidence = text_field(
        "What shows it?", "", most=500, hint="Needed for everybody but the chair, for example: letter of 27 March 2026, kept by the lead school.",
    )  # fmt: skip
    minutes = HiddenField()

    def validate_signed_on(self, field: DateField) -> None:
        """Not a day to come."""
        if field.data and field.data > today():
            raise ValidationError("The day they signed must be today or before.")

    def validate_evidence(self, field: Any) -> None:
        """Who does not sign here themselves shows it in another way."""
        if self.place.data and self.place.data != SignStep.BOARD and not field.data:
            raise ValidationError("Enter what shows that they signed, such as a letter and its date.")
