"""Fields of forms with the components' markup, and the texts people type, made plain."""

from __future__ import annotations

import re
from typing import Any

from flask_wtf import FlaskForm
from govuk_frontend_wtf.wtforms_widgets import GovFileInput, GovPasswordInput, GovTextArea, GovTextInput
from wtforms import FileField, PasswordField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length

from planner.intake.reading import clean_text

MOST_LETTERS = 200


class Form(FlaskForm):  # type: ignore[misc]  # flask-wtf ships no types
    """A form that proves it is ours; give it no ``novalidate``: the server says what is wrong."""


def text_field(label: str, needed: str, *, hint: str = "", most: int = MOST_LETTERS, **more: Any) -> StringField:
    """One line of text; ``needed`` is what to say where it is blank."""
    return StringField(label, filters=[_cleaned], validators=_rules(needed, most), description=hint, widget=GovTextInput(), **more)


def long_text_field(label: str, needed: str, *, hint: str = "", most: int = 2000) -> TextAreaField:
    """Several lines of text."""
    return TextAreaField(label, filters=[_cleaned], validators=_rules(needed, most), description=hint, widget=GovTextArea())


def password_field(label: str, needed: str, *, hint: str = "") -> PasswordField:
    """A password, which may be pasted and shown."""
    return PasswordField(label, validators=[InputRequired(needed)], description=hint, widget=GovPasswordInput())


def file_field(label: str, *, hint: str = "") -> FileField:
    """A file; the route says what is wrong with one that is missing."""
    return FileField(label, description=hint, widget=GovFileInput())


def whole_number(text: str) -> int | None:
    """A whole number as people type it, perhaps with commas or spaces between thousands; None where it is none."""
    plain = text.strip()
    return int(re.sub("[, ]", "", plain)) if re.fullmatch(r"\d{1,9}|\d{1,3}(?:[, ]\d{3}){1,2}", plain, re.ASCII) else None


def version_of(text: str | None, *, missing: int = 0) -> int:
    """The version a hidden field says a page was shown with; ``missing``, which never stands, where it is no number."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 16 else missing


def _rules(needed: str, most: int) -> list[Any]:
    return [*([DataRequired(needed)] if needed else []), Length(max=most, message=f"Use {most:,} characters or fewer.")]


def _cleaned(text: str | None) -> str | None:
    return None if text is None else clean_text(text)
