"""What whoever runs the service fills in."""

from __future__ import annotations

from web.forms import Form, file_field


class PackForm(Form):
    """A policy pack in a file."""

    file = file_field("Policy pack (.toml)", hint="Up to 500 KB. It holds every setting, each figure with its unit, source and date.")
