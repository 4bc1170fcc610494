"""A Flask handler that only takes uploads in: what engines over paths need before they can begin.

It saves each file of the request in the folder that the command line names, and answers with their
number; the first line of standard output is the port, on loopback.
"""

import sys
from pathlib import Path

from flask import Flask, request
from werkzeug.serving import WSGIRequestHandler, make_server


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        """Log nothing."""


def main() -> None:
    """Serve until the process is ended."""
    folder, app = Path(sys.argv[1]), Flask(__name__)
    app.config["MAX_FORM_PARTS"] = None  # else 1,000

    @app.post("/")
    def take_in() -> dict[str, int]:
        count = 0
        for field in request.files:
            for upload in request.files.getlist(field):
                upload.save(folder / str(count))
                count += 1
        return {"files": count}

    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
