"""Serves the page and the login; the page gets its data from the public API."""

from flask import Blueprint, Response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import Unauthorized

from master_service.api.app_context import app_context
from master_service.ui import login
from protocol.server.access_control import is_authenticated
from protocol.server.multipart_receiver import Limits
from protocol.task_types import TASK_TYPES

blueprint = Blueprint(
    "ui",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path="/ui/static",
)

_MAX_LOGIN_BYTES = 4096
_CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' blob:",
        "media-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
"""Scripts, styles and all else come only from this master; no other page may frame it."""


def is_open() -> bool:
    """Return whether the current request needs no login."""
    return request.endpoint in ("ui.page", "ui.ask", "ui.log_in", "ui.static")


def wants_page() -> bool:
    """Return whether the request comes from a browser, which accepts HTML."""
    return "text/html" in request.headers.get("Accept", "")


@blueprint.get("/ui")
def page() -> ResponseReturnValue:
    """Return the page, or redirect to the login."""
    if not is_authenticated():
        return redirect("/login", 303)
    login.extend()
    return render_template("page.html", page=_page_data(app_context().limits))


def _page_data(limits: Limits) -> dict[str, object]:
    """Return the data that the page needs before its first call."""
    return {
        "types": [
            {
                "name": task.name,
                "field": task.form_field,
                "options": [
                    {"name": option.name, "text": option.description, "example": option.example}
                    for option in task.options
                ],
            }
            for task in TASK_TYPES.values()
        ],
        "limits": {"file_bytes": limits.file_bytes, "job_bytes": limits.request_bytes},
        "token": login.is_needed(),
    }


@blueprint.get("/login")
def ask() -> ResponseReturnValue:
    """Return the login form, or redirect to the page after a login."""
    if is_authenticated():
        return redirect("/ui", 303)
    login.check_transport()
    return render_template("login.html", error="")


@blueprint.post("/login")
def log_in() -> ResponseReturnValue:
    """Check the token, and set the login cookie."""
    login.check_transport()
    # An unauthenticated caller may send only a small form,
    request.max_content_length = _MAX_LOGIN_BYTES
    # and no multipart form, which is expensive to parse.
    is_urlencoded = request.mimetype == "application/x-www-form-urlencoded"
    if login.log_in(request.form.get("token", "") if is_urlencoded else ""):
        return redirect("/ui", 303)
    error = "This is not the token (CLUSTER_TOKEN) that the master was started with."
    if wants_page():
        return render_template("login.html", error=error), Unauthorized.code
    raise Unauthorized(error)


@blueprint.post("/logout")
def log_out() -> ResponseReturnValue:
    """Log out, and redirect to the login."""
    login.log_out()
    return redirect("/login", 303)


@blueprint.after_request
def add_security_headers(answer: Response) -> Response:
    """Add headers that forbid foreign scripts, framing and content sniffing."""
    answer.headers["Content-Security-Policy"] = _CONTENT_SECURITY_POLICY
    answer.headers["X-Content-Type-Options"] = "nosniff"
    # With no-referrer, browsers send no Origin with forms, which the login needs.
    answer.headers["Referrer-Policy"] = "same-origin"
    return answer
