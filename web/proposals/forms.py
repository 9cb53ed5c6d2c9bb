"""What is said of a proposal."""

from __future__ import annotations

from web.forms import Form, long_text_field


class CommentForm(Form):
    """A comment on a proposal."""

    text = long_text_field(
        "Your comment", "Enter your comment.",
        hint="Everybody in the partnership can read it, so name no pupils. It cannot be changed afterwards; you can withdraw it, and that shows.",
    )  # fmt: skip
