"""Wires one slave's Flask app."""

import threading

from flask import Flask

from protocol.server import access_control
from slave_service import routes
from slave_service.workers.pool import Pool


def create_app(pool: Pool, token: str | None, stopping: threading.Event) -> Flask:
    """Return the app that answers for ``pool``; no new work once ``stopping`` is set."""
    app = Flask("slave_service", static_folder=None)
    app.json.ensure_ascii = False  # type: ignore[attr-defined] # Flask's own JSON provider has it
    app.config.update(POOL=pool, STOPPING=stopping)
    access_control.install(app, token)
    app.register_blueprint(routes.blueprint)
    return app
