"""Creates the Flask app of one slave."""

import threading

from flask import Flask

from protocol.server import access_control
from slave_service import routes
from slave_service.workers.pool import Pool


def create_app(pool: Pool, token: str | None, stopping: threading.Event) -> Flask:
    """Return the app that processes files in ``pool``; it refuses them once ``stopping`` is set."""
    app = Flask("slave_service", static_folder=None)
    app.json.ensure_ascii = False  # type: ignore[attr-defined] # an attribute of Flask's JSON provider
    app.config.update(POOL=pool, STOPPING=stopping)
    access_control.install(app, token)
    app.register_blueprint(routes.blueprint)
    return app
