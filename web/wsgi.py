"""What granian serves: the app, its settings from the environment, and its requests counted where that is asked for."""

from __future__ import annotations

from planner.processes import die_with_parent
from web.app import create_app
from web.logs import set_up_logs
from web.settings import Settings
from web.wiring import wire

die_with_parent()
settings = Settings.from_env()
set_up_logs(settings, usual="warning")
wiring = wire(settings)
app = create_app(settings, wiring)
if settings.metrics_port is not None:
    from web.metrics import count_requests

    count_requests(app)
