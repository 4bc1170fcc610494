"""Answers with the pages themselves; what they show comes from the same calls as for everybody."""

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
"""Scripts, styles and everything else come from this master alone, and no page may frame it."""


def is_open() -> bool:
    """Tell whether the request at hand is for what is seen before the login."""
    return request.endpoint in ("ui.page", "ui.ask", "ui.log_in", "ui.static")


def wants_page() -> bool:
    """Tell whether a person with a browser asks, to whom a page says more than JSON."""
    return "text/html" in request.headers.get("Accept", "")


@blueprint.get("/ui")
def page() -> ResponseReturnValue:
    """Return the page, or lead to the login."""
    if not is_authenticated():
        return redirect("/login", 303)
    login.extend()
    return render_template("page.html", page=_page_data(app_context().limits))


def _page_data(limits: Limits) -> dict[str, object]:
    """What the page has to know before it asks."""
    return {
        "types": [{"name": task.name, "field": task.form_field} for task in TASK_TYPES.values()],
        "limits": {"file_bytes": limits.file_bytes, "job_bytes": limits.request_bytes},
        "token": login.is_needed(),
    }


@blueprint.get("/login")
def ask() -> ResponseReturnValue:
    """Show the login to anyone who is not logged in."""
    if is_authenticated():
        return redirect("/ui", 303)
    login.check_transport()
    return render_template("login.html", error="")


@blueprint.post("/login")
def log_in() -> ResponseReturnValue:
    """Check the token, and remember in a cookie who has it."""
    login.check_transport()
    # Before anybody is known, no more is read than a form of this size.
    request.max_content_length = _MAX_LOGIN_BYTES
    # Nor of the other kind, whose boundary alone can cost a lot.
    is_plain = request.mimetype == "application/x-www-form-urlencoded"
    if login.log_in(request.form.get("token", "") if is_plain else ""):
        return redirect("/ui", 303)
    error = "This is not the token (CLUSTER_TOKEN) that the master was started with."
    if wants_page():
        return render_template("login.html", error=error), Unauthorized.code
    raise Unauthorized(error)


@blueprint.post("/logout")
def log_out() -> ResponseReturnValue:
    """Forget who is logged in."""
    login.log_out()
    return redirect("/login", 303)


@blueprint.after_request
def add_security_headers(answer: Response) -> Response:
    """Have the browser keep foreign scripts out, and the page out of foreign frames."""
    answer.headers["Content-Security-Policy"] = _CONTENT_SECURITY_POLICY
    answer.headers["X-Content-Type-Options"] = "nosniff"
    # Without a referrer at all, browsers leave out of forms where they come from too.
    answer.headers["Referrer-Policy"] = "same-origin"
    return answer
