"""What an administrator fills in so that somebody may sign in through the provider."""

from __future__ import annotations

from typing import Any

from govuk_frontend_wtf.wtforms_widgets import GovRadioInput
from wtforms import RadioField, ValidationError
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from web.forms import Form, text_field

ADDRESS, SUBJECT = "address", "subject"
MOST_LETTERS = 255


class KnownByForm(Form):
    """How the provider knows somebody."""

    kind = RadioField(
        "What do you enter?", validators=[InputRequired("Choose whether you enter an email address or an identifier.")],
        widget=GovRadioInput(), choices=[SelectChoice(ADDRESS, "An email address"), SelectChoice(SUBJECT, "An identifier")],
    )  # fmt: skip
    known_by = text_field(
        "Email address or identifier", "Enter the email address or the identifier.", most=MOST_LETTERS,
        hint="The address they sign in with there. An identifier is what its own administrators call a subject, or “sub”.",
        render_kw={"autocomplete": "off", "spellcheck": "false"},
    )  # fmt: skip

    def validate_known_by(self, field: Any) -> None:
        """An address looks like one; neither holds letters beyond plain ones, several of which look alike."""
        text = field.data or ""
        if not text.isascii() or not text.isprintable() or " " in text:
            raise ValidationError("Use plain letters, digits and signs without spaces, as the provider writes it.")
        if self.kind.data == ADDRESS and (text.count("@") != 1 or text.startswith("@") or text.endswith("@")):
            raise ValidationError("Enter an email address in the form name@example.org, or choose that you enter an identifier.")
