"""What people fill in to sign in, to open an account and to change a password."""

from __future__ import annotations

from web.accounts.passwords import LEAST_LETTERS
from web.forms import Form, password_field, text_field


class SignInForm(Form):
    """Sign-in name and password."""

    sign_in = text_field("Sign-in name", "Enter your sign-in name.", render_kw={"autocomplete": "username", "spellcheck": "false"})
    password = password_field("Password", "Enter your password.")


class NewAccountForm(Form):
    """An account, made from an invitation."""

    name = text_field("Your name", "Enter your name, as others in the partnership know you.", render_kw={"autocomplete": "name"})
    sign_in = text_field(
        "Sign-in name", "Enter a sign-in name.", hint="Your work email address, or another name that you will remember.",
        render_kw={"autocomplete": "username", "spellcheck": "false"},
    )  # fmt: skip
    password = password_field("Password", "Choose a password.", hint=f"At least {LEAST_LETTERS} characters. Three or four words are good.")


class NewPasswordForm(Form):
    """Another password."""

    old = password_field("Password now", "Enter your password as it is now.")
    new = password_field(
        "New password", "Choose a new password.", hint=f"At least {LEAST_LETTERS} characters. Three or four words are good."
    )
