"""Bring a partnership: upload or build, look at the findings, confirm; versions and their differences."""

from web.bring.routes import blueprint

__all__ = ["blueprint"]
