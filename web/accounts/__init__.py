"""Come in and go out: sign in, take up an invitation, one's own account and its sessions."""

from web.accounts.routes import blueprint

__all__ = ["blueprint"]
