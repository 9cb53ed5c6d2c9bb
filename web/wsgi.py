"""What granian serves: the app, its settings from the environment, and its metrics where they are asked for."""

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
    from web.metrics import serve_metrics

    serve_metrics(app, wiring.store, host=settings.metrics_host, port=settings.metrics_port)
