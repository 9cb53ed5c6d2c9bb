"""What granian serves: the app, its settings from the environment."""

from __future__ import annotations

from web.app import create_app
from web.settings import Settings

app = create_app(Settings.from_env())
