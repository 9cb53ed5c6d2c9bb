"""What programs may ask for with a person's token: JSON under /api/v1, the same that the pages show and keep."""

from web.api.routes import blueprint

__all__ = ["blueprint"]
