"""Decides who may come in, and says every "no" in the same words; for both Flask programs."""

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
"""Nothing but a host and a port: any more could be read in more than one way."""
OPEN_PATHS = frozenset({"/", "/check_status"})
"""Answered without the token, so that a person can see at once whether the program is up."""


@dataclass(frozen=True, slots=True)
class AccessRules:
    """What else a program lets in: ``is_logged_in`` without the token, ``is_public`` whoever comes.

    Both are about the request at hand.
    """

    is_logged_in: Callable[[], bool] = lambda: False
    is_public: Callable[[], bool] = lambda: False


def install(app: Flask, token: str | None, rules: AccessRules | None = None) -> None:
    """Put the door before every call of ``app``.

    With a token, it is asked for. Without one the program listens on this computer alone, and
    the door keeps out what a foreign web page makes a browser on this computer send: its own
    ``Origin``, or a host name that only pretends to be here (DNS rebinding).
    """
    check = _token_check(token, rules or AccessRules()) if token else _loopback_check
    app.before_request(check)
    app.register_error_handler(HTTPException, _as_json)
    app.register_error_handler(Exception, _unexpected)


def is_authenticated() -> bool:
    """Tell whether the request at hand may see more than that the program is up."""
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
    here = host is None or _is_here(_HOST.fullmatch(host))
    if not here or not (origin is None or _is_here(_ORIGIN.fullmatch(origin))):
        raise Forbidden(
            "Without CLUSTER_TOKEN only this computer itself may call: use "
            "http://localhost or http://127.0.0.1, or set CLUSTER_TOKEN."
        )


def _is_here(named: re.Match[str] | None) -> bool:
    return named is not None and is_loopback(named["host"])


def _as_json(error: HTTPException) -> Response:
    # The HTTPException may carry headers of its own, such as Allow or Retry-After.
    response = Response.force_type(error.get_response())
    body = jsonify(error=error.description)
    response.set_data(body.get_data())
    response.content_type = body.content_type
    if response.status_code == Unauthorized.code:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _unexpected(error: Exception) -> Response:
    # The border of a request: whatever else went wrong is logged whole and told in brief.
    _log.error("%s %s failed", request.method, request.path, exc_info=error)
    return _as_json(InternalServerError("An internal error; the program's log has the details."))
