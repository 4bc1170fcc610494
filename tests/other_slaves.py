"""Slaves that are not this project's, on a port of their own."""

import base64
import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

from flask import Flask, Response, jsonify, request
from werkzeug.serving import BaseWSGIServer, make_server

from protocol.task_types import TASK_TYPES


def plain_slave_app() -> Flask:
    """A slave as the original was: plain JSON, no heartbeat, no extras."""
    app = _slave_app("plain_slave")

    @app.post("/get_task")
    def get_task() -> Response:
        task = TASK_TYPES[request.form["task_type"]]
        results = [
            {
                "filename": file.filename,
                task.result_key: base64.b64encode(b'{"bytes": %d}' % len(file.read())).decode(),
            }
            for file in request.files.getlist(task.form_field)
        ]
        return jsonify(results=results)

    return app


def failing_slave_app() -> Flask:
    """A slave that finds fault with every file."""
    app = _slave_app("failing_slave")

    @app.post("/get_task")
    def get_task() -> Response:
        files = request.files.getlist(TASK_TYPES[request.form["task_type"]].form_field)
        # With half of a character, which JSON may bring and UTF-8 does not know.
        code = "corrupt" if files[0].filename == "odd.txt" else "internal"
        failure = {"code": code, "error": "It always ends like this here: \ud800."}
        return jsonify(results=[{"filename": file.filename, **failure} for file in files])

    return app


def warning_slave_app() -> Flask:
    """A slave whose results are this project's, with warnings added, and some that are no text."""
    app = _slave_app("warning_slave")
    warnings = ["Only a part could be read.", "Mind the <b>angle</b> brackets.", 7, None]

    @app.post("/get_task")
    def get_task() -> Response:
        task = TASK_TYPES[request.form["task_type"]]
        process = import_module(task.processor).process
        results = []
        for file in request.files.getlist(task.form_field):
            result = process(io.BytesIO(file.read())) | {"warnings": warnings}
            data = base64.b64encode(json.dumps(result).encode()).decode()
            results.append({"filename": file.filename, task.result_key: data})
        return jsonify(results=results)

    return app


def _slave_app(name: str) -> Flask:
    app = Flask(name)

    @app.get("/check_status")
    def check_status() -> Response:
        return jsonify(status="alive")

    return app


@contextmanager
def served(app: Flask) -> Iterator[BaseWSGIServer]:
    """Serve an app on a free port of this computer."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()
