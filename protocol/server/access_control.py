"""Access control of master and slave: checks the token or the origin, and makes errors JSON."""

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, g, jsonify, request
from werkzeug.exceptions import Forbidden, HTTPException, InternalServerError, Unauthorized
from werkzeug.wrappers import Response

from protocol.wire import is_authorized, is_loopback

_log = logging.getLogger(__name__)

_HOST_AND_PORT = r"(?P<host>\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z._-]+)(:[0-9]{1,5})?"
_HOST, _ORIGIN = re.compile(_HOST_AND_PORT), re.compile(f"https?://{_HOST_AND_PORT}")
"""Only a host and a port: with anything else, parsers disagree about which part is the host."""
OPEN_PATHS = frozenset({"/", "/check_status"})
"""Answered without the token, so that a person can see whether the program runs."""


@dataclass(frozen=True, slots=True)
class AccessRules:
    """Which requests need no token: those of a logged-in user, and those to a public address.

    Both functions are about the current request.
    """

    is_logged_in: Callable[[], bool] = lambda: False
    is_public: Callable[[], bool] = lambda: False


def install(app: Flask, token: str | None, rules: AccessRules | None = None) -> None:
    """Check every request of ``app``, and answer errors with JSON.

    With a token, requests need it. Without one the program listens on this computer only, and
    requests that a foreign web page makes a browser on this computer send are refused: they have
    a foreign ``Origin``, or a foreign host name that resolves to this computer (DNS rebinding).
    """
    check = _token_check(token, rules or AccessRules()) if token else _loopback_check
    app.before_request(check)
    app.register_error_handler(HTTPException, _as_json)
    app.register_error_handler(Exception, _unexpected)


def is_authenticated() -> bool:
    """Return whether the current request has the token or a login, if a token is set at all."""
    return bool(g.get("trusted"))


def _token_check(token: str, rules: AccessRules) -> Callable[[], None]:
    def check() -> None:
        g.trusted = (
            is_authorized(request.headers.get("Authorization"), token) or rules.is_logged_in()
        )
        if not g.trusted and request.path not in OPEN_PATHS and not rules.is_public():
            raise Unauthorized(
                "This cluster needs its token: send the header 'Authorization: Bearer …' "
                "with the CLUSTER_TOKEN that the master was started with."
            )

    return check


def _loopback_check() -> None:
    g.trusted = True
    host, origin = request.headers.get("Host"), request.headers.get("Origin")
    host_is_local = host is None or _is_this_computer(_HOST.fullmatch(host))
    if not host_is_local or not (origin is None or _is_this_computer(_ORIGIN.fullmatch(origin))):
        raise Forbidden(
            "Without CLUSTER_TOKEN only this computer itself may call: use "
            "http://localhost or http://127.0.0.1, or set CLUSTER_TOKEN."
        )


def _is_this_computer(named: re.Match[str] | None) -> bool:
    return named is not None and is_loopback(named["host"])


def _as_json(error: HTTPException) -> Response:
    # The HTTPException may have headers of its own, such as Allow or Retry-After.
    response = Response.force_type(error.get_response())
    body = jsonify(error=error.description)
    response.set_data(body.get_data())
    response.content_type = body.content_type
    if response.status_code == Unauthorized.code:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _unexpected(error: Exception) -> Response:
    # The last handler of a request: unexpected errors are logged with their traceback.
    _log.error("%s %s failed", request.method, request.path, exc_info=error)
    return _as_json(InternalServerError("An internal error; the program's log has the details."))
