"""The board's meeting on one screen: what is on the table, what would change, what is decided."""

from web.meeting.routes import blueprint

__all__ = ["blueprint"]
