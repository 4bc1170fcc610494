"""The login of the page: a cookie that replaces the token in a browser.

The cookie is Flask's session, signed (itsdangerous) with a key derived from the token. It holds
only a flag, survives a restart of the master, and becomes invalid with another token.
"""

import hashlib
from datetime import timedelta

from flask import Flask, current_app, request, session
from werkzeug.exceptions import Forbidden

from protocol.wire import bearer, is_authorized, is_loopback

_LIFETIME = timedelta(days=7)
"""The lifetime of a login, counted from when the page was last opened."""
_READ_ONLY_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def set_up(app: Flask, token: str | None, *, secure: bool, plain: bool) -> None:
    """Configure the login of ``app``.

    ``secure`` says whether the app is served over TLS; ``plain`` whether the token may otherwise
    cross the network unencrypted.
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
        # Otherwise an answer that is sent during a logout would set the cookie again.
        SESSION_REFRESH_EACH_REQUEST=False,
    )


def is_needed() -> bool:
    """Return whether the current app has a token."""
    return current_app.extensions["login_token"] is not None


def check_transport() -> None:
    """Raise ``Forbidden`` where the token would cross the network unencrypted."""
    is_local = is_loopback(request.remote_addr or "")
    if is_needed() and not (is_local or current_app.extensions["login_from_elsewhere"]):
        raise Forbidden(
            "The token would cross the network unencrypted: the master needs TLS_CERT and "
            "TLS_KEY, or ALLOW_PLAIN_HTTP=1 where this network is trusted."
        )


def log_in(given: str) -> bool:
    """Log the current browser in if the token is right; return whether it is logged in."""
    token: str | None = current_app.extensions["login_token"]
    if token is None:
        return True
    if not is_authorized(bearer(given.strip()).get("Authorization"), token):
        return False
    session.permanent = True
    session["in"] = True
    return True


def extend() -> None:
    """Restart the lifetime of the current browser's login, if it has one."""
    if session:
        session.modified = True


def log_out() -> None:
    """Log the current browser out, if it is logged in."""
    # Without a token there are no sessions, and none can be changed.
    if session:
        session.clear()


def is_logged_in() -> bool:
    """Return whether the current request comes from a logged-in browser.

    ``SameSite`` keeps the cookie from other sites, but not from pages on other ports of this host.
    Raises ``Forbidden`` where a request that may change something, or a WebSocket, comes from
    another origin; the browser itself keeps such pages from reading answers.
    """
    if not session.get("in"):
        return False
    changes = request.method not in _READ_ONLY_METHODS or "Upgrade" in request.headers
    if changes and request.headers.get("Origin") != request.host_url.rstrip("/"):
        raise Forbidden(
            "A login is valid only for the master's own page: other programs send the header "
            "'Authorization: Bearer …' with the CLUSTER_TOKEN."
        )
    return True
