"""Remembers in a cookie that a browser has shown the token, and when that counts.

The cookie is Flask's session, signed (itsdangerous) with a key that is made of the token: it says
nothing but that its browser was let in, holds after a restart of the master, and ends with
another token.
"""

import hashlib
from datetime import timedelta

from flask import Flask, current_app, request, session
from werkzeug.exceptions import Forbidden

from protocol.wire import bearer, is_authorized, is_loopback

_LIFETIME = timedelta(days=7)
"""After the page was last opened; then the token is asked for again."""
_READ_ONLY_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def set_up(app: Flask, token: str | None, *, secure: bool, plain: bool) -> None:
    """Let browsers log in to ``app``.

    ``secure`` where it is called over TLS alone; else ``plain`` says whether the token may travel
    for others on the network to read.
    """
    app.extensions["login_token"] = token
    app.extensions["login_from_elsewhere"] = secure or plain
    if token is not None:
        app.secret_key = hashlib.blake2b(token.encode(), person=b"cluster cookie").digest()
    app.config.update(
        SESSION_COOKIE_NAME="cluster_session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        SESSION_COOKIE_SECURE=secure,
        PERMANENT_SESSION_LIFETIME=_LIFETIME,
        # An answer under way while somebody logs out would else bring the cookie back.
        SESSION_REFRESH_EACH_REQUEST=False,
    )


def is_needed() -> bool:
    """Tell whether the app at hand asks for a token at all."""
    return current_app.extensions["login_token"] is not None


def check_transport() -> None:
    """Raise ``Forbidden`` where the token would have to travel readable by the network."""
    is_here = is_loopback(request.remote_addr or "")
    if is_needed() and not (is_here or current_app.extensions["login_from_elsewhere"]):
        raise Forbidden(
            "The token would travel readable by the network: the master needs TLS_CERT and "
            "TLS_KEY, or ALLOW_PLAIN_HTTP=1 where this network is trusted."
        )


def log_in(given: str) -> bool:
    """Let the browser at hand in if it has brought the token; tell whether it is in now."""
    token: str | None = current_app.extensions["login_token"]
    if token is None:
        return True
    if not is_authorized(bearer(given.strip()).get("Authorization"), token):
        return False
    session.permanent = True
    session["in"] = True
    return True


def extend() -> None:
    """Let the login of the browser at hand, if it has one, last its whole time from now on."""
    if session:
        session.modified = True


def log_out() -> None:
    """Ask the browser at hand for the token the next time."""
    session.clear()


def is_logged_in() -> bool:
    """Tell whether the request at hand comes from a browser that was let in.

    A cookie comes along with whatever a page makes its browser send. The browser keeps it from
    other sites' pages, but not from those of other ports of this very host: raises ``Forbidden``
    where one of these wants to do more than read, which the browser does not let it do.
    """
    if not session.get("in"):
        return False
    changes = request.method not in _READ_ONLY_METHODS or "Upgrade" in request.headers
    if changes and request.headers.get("Origin") != request.host_url.rstrip("/"):
        raise Forbidden(
            "A login counts for the master's own page alone: other programs send the header "
            "'Authorization: Bearer …' with the CLUSTER_TOKEN."
        )
    return True
