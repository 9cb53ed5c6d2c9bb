"""What people fill in to have a plan made."""

from __future__ import annotations

import re

from wtforms import HiddenField, StringField
from wtforms.validators import ValidationError

from web.forms import Form, text_field

GAP_POINTS, SECONDS = "0.1", "30"
"""What stands in the form to begin with."""
MOST_GAP_POINTS = 10
LEAST_SECONDS, MOST_SECONDS = 5, 600


class PlanForm(Form):
    """How close and how long. ``seen`` is which figures and policy the page showed."""

    seen = HiddenField()
    gap_points = text_field(
        "How close to the best is close enough, in points of need",
        "Enter how close is close enough, such as 0.1.",
        hint="The search ends when no plan can be better by more than this. A smaller number takes longer.",
        default=GAP_POINTS,
    )
    seconds = text_field(
        "Longest time to search, in seconds",
        "Enter the longest time to search, such as 30.",
        hint=f"From {LEAST_SECONDS} to {MOST_SECONDS}. The best plan found by then is kept.",
        default=SECONDS,
    )

    def validate_gap_points(self, field: StringField) -> None:
        """A number with perhaps a few decimals."""
        if not re.fullmatch(r"\d{1,2}(\.\d{1,4})?", field.data, re.ASCII) or float(field.data) > MOST_GAP_POINTS:
            raise ValidationError(f"How close must be a number from 0 to {MOST_GAP_POINTS}, such as 0.1.")

    def validate_seconds(self, field: StringField) -> None:
        """A whole number of seconds within reason."""
        if not re.fullmatch(r"\d{1,3}", field.data, re.ASCII) or not LEAST_SECONDS <= int(field.data) <= MOST_SECONDS:
            raise ValidationError(f"The longest time must be a whole number of seconds from {LEAST_SECONDS} to {MOST_SECONDS}.")

    def settings(self) -> dict[str, float]:
        """What the run is asked with, once the form is valid."""
        return {"gap_points": float(self.gap_points.data), "seconds": int(self.seconds.data)}
