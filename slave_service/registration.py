"""Registers a slave with its master, sends its heartbeats, and deregisters it.

tenacity ends with the first success, and the loop of heartbeats does not.
"""

import importlib.metadata
import json
import logging
import math
import platform
import socket
import threading
import urllib.parse
from dataclasses import dataclass, field
from typing import Any

import requests

from protocol import wrong_address
from protocol.http.sessions import new_session, read_prefix
from protocol.tls import Tls, master_certificate_problem
from protocol.wire import CONTRACT_VERSION, one_line, root_cause
from slave_service.workers.worker_handle import SelfTestReport

_log = logging.getLogger(__name__)

_TIMEOUT_S = 10
_FIRST_INTERVAL_S = 2.0
"""Between registrations until the master has stated its heartbeat interval."""
_MIN_INTERVAL_S = 0.1
_MAX_INTERVAL_S = 3600.0
_MAX_ANSWER_BYTES = 65536
_PERMANENT_ERRORS = frozenset({400, 401, 403, 404, 405, 409, 426, 501})
"""Status codes that a further attempt would not change."""
_NOT_A_MASTER = frozenset({404, 405, 501})
"""Status codes that a master never sends, since it has the endpoint."""
_REPORTED_LIBRARIES = (
    "Pillow",
    "pi-heif",
    "resvg_py",
    "numpy",
    "scikit-learn",
    "nltk",
    "vaderSentiment",
    "charset-normalizer",
    "pytesseract",
    "soundfile",
    "av",
    "pypdfium2",
    "PyPDF2",
    "python-docx",
    "olefile",
)
"""Libraries on whose versions results depend; the master warns where slaves differ in them."""


@dataclass(frozen=True, slots=True)
class _Acceptance:
    """The master's answer to a registration.

    ``unreachable_reason`` is why the master can't call this slave; None where it can, or has not
    tried yet.
    """

    interval_s: float
    unreachable_reason: str | None = None


class _NotJson(requests.RequestException):
    """The answer is not JSON, as that of a proxy while the master is down."""


class RefusedError(Exception):
    """The slave can't be registered with this master; the text is the reason."""


@dataclass(slots=True)
class Registration:
    """One slave's registration with its master; ``ip`` None means the address of the route."""

    master_url: str
    token: str | None
    tls: Tls
    ip: str | None
    port: int
    workers: int
    self_tests: SelfTestReport
    _session: requests.Session = field(init=False)

    def __post_init__(self) -> None:
        self._session = new_session(self.token, _TIMEOUT_S, self.tls.authority)

    def run(self, leaving: threading.Event) -> None:
        """Register, and repeat the registration as a heartbeat until ``leaving`` is set.

        Retry without limit where the master can't be reached, or where its certificate becomes
        invalid after a first success. Raise ``RefusedError`` where the master refuses, or where its
        certificate is invalid at the first contact.
        """
        interval_s, was_registered = _FIRST_INTERVAL_S, False
        last_state: str | None = None
        while not leaving.is_set():
            try:
                accepted = self._register_with_retry()
                interval_s, was_registered = accepted.interval_s, True
                state = ""
                if accepted.unreachable_reason:
                    state = _unreachable(accepted.unreachable_reason)
            except requests.RequestException as error:
                certificate_problem = master_certificate_problem(self.master_url, error)
                if certificate_problem and not was_registered:
                    raise RefusedError(certificate_problem) from error
                not_json = str(error) if isinstance(error, _NotJson) else None
                state = (
                    certificate_problem
                    or not_json
                    or f"the master at {self.master_url} can't be reached"
                )
                state += "; trying again until it works"
                _log.debug("%s (%s)", state, root_cause(error))
            if state != last_state:
                self._log_state(state)
                last_state = state
            leaving.wait(interval_s)

    def leave(self) -> None:
        """Deregister from the master; log a warning where that fails."""
        try:
            url = f"{self.master_url}/register"
            # With stream=True the body of the answer is not read.
            self._session.delete(url, json=self._address(), timeout=_TIMEOUT_S, stream=True).close()
        except (requests.RequestException, OSError) as error:
            _log.warning("could not deregister from the master: %s", root_cause(error))

    def _log_state(self, state: str) -> None:
        if state:
            _log.warning("%s", state)
        else:
            _log.info("registered with the master at %s", self.master_url)

    def _register_with_retry(self) -> _Acceptance:
        try:
            return self._register()
        except requests.ConnectionError:
            # The connection kept alive since the last heartbeat may have been closed.
            return self._register()

    def _register(self) -> _Acceptance:
        url = f"{self.master_url}/register"
        with self._session.post(
            url, json=self._details(), timeout=_TIMEOUT_S, stream=True
        ) as response:
            if response.status_code in _PERMANENT_ERRORS:
                raise RefusedError(self._why_refused(response))
            response.raise_for_status()
            if response.status_code >= requests.codes.multiple_choices:
                raise RefusedError(wrong_address.of_web_server(self.master_url, _head(response)))
            try:
                answer = _json(response)
            except _NotJson as error:
                there = wrong_address.of_web_server(self.master_url, _head(response))
                raise _NotJson(there) from error
        try:
            interval_s = _interval_s(float(answer["heartbeat_interval"]))
            problem = answer.get("unreachable_reason")
            return _Acceptance(interval_s, None if problem is None else one_line(str(problem)))
        except (KeyError, TypeError, ValueError, OverflowError):
            raise RefusedError(f"the program at {self.master_url} is not a master") from None

    def _why_refused(self, response: requests.Response) -> str:
        """Return the master's reason, or which other program answers at its address."""
        reason = _reason(response)
        if reason == wrong_address.PLAIN_TO_TLS:
            return wrong_address.with_tls(self.master_url)
        if response.status_code in _NOT_A_MASTER and self._is_slave():
            say = wrong_address.of_itself if self._is_own() else wrong_address.of_slave
            return say(self.master_url)
        if reason is None or response.status_code in _NOT_A_MASTER:
            return wrong_address.of_web_server(self.master_url, _head(response))
        return f"the master at {self.master_url} refused the registration: {reason}"

    def _is_slave(self) -> bool:
        """Return whether a slave answers at the master's address."""
        try:
            with self._session.get(self.master_url, timeout=_TIMEOUT_S, stream=True) as response:
                body = read_prefix(response, _MAX_ANSWER_BYTES)
        except requests.RequestException:
            return False
        return body.startswith(wrong_address.SLAVE_IS_UP.encode())

    def _is_own(self) -> bool:
        """Return whether the master's address is this slave's own."""
        parts = urllib.parse.urlsplit(self.master_url)
        try:
            found = socket.getaddrinfo(parts.hostname, parts.port, type=socket.SOCK_DGRAM)[0][4][0]
            return parts.port == self.port and found == route_address(self.master_url)
        except OSError:
            return False

    def _address(self) -> dict[str, object]:
        if self.ip is None:
            try:
                self.ip = route_address(self.master_url)
            except OSError as error:
                raise requests.ConnectionError(f"no route to the master: {error}") from error
        return {"slave_ip": self.ip, "slave_port": self.port}

    def _details(self) -> dict[str, object]:
        reasons = self.self_tests.reasons
        return self._address() | {
            "workers": self.workers,
            "tls": self.tls.serves,
            "task_types": [name for name, reason in reasons.items() if reason is None],
            "unavailable": {name: reason for name, reason in reasons.items() if reason},
            "contract_version": CONTRACT_VERSION,
            "versions": versions() | self.self_tests.versions,
            "features": sorted(self.self_tests.features),
        }


def route_address(master_url: str) -> str:
    """Return this computer's address on the route to the master.

    Connecting a datagram socket sends nothing and makes the system choose a route. The address of
    the host name would be 127.0.1.1 on Debian.
    """
    parts = urllib.parse.urlsplit(master_url)
    family, kind, _, _, address = socket.getaddrinfo(
        parts.hostname, parts.port or 80, type=socket.SOCK_DGRAM
    )[0]
    with socket.socket(family, kind) as probe:
        probe.connect(address)
        return str(probe.getsockname()[0])


def versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries on which results depend."""
    found = {"python": platform.python_version()}
    for library in _REPORTED_LIBRARIES:
        try:
            found[library] = importlib.metadata.version(library)
        except importlib.metadata.PackageNotFoundError:
            found[library] = "missing"
    return found


def _unreachable(reason: str) -> str:
    return (
        "the master knows this slave but can't call it, and so gives it no files. "
        f"{reason} The master tries again every second"
    )


def _reason(response: requests.Response) -> str | None:
    """Return the master's reason; None where the answer does not have a master's form."""
    try:
        return one_line(str(_json(response)["error"]))
    except (requests.RequestException, KeyError, TypeError):
        return None


def _head(response: requests.Response) -> wrong_address.Head:
    return wrong_address.head_of(response.status_code, response.reason, response.headers)


def _json(response: requests.Response) -> Any:  # noqa: ANN401 (JSON)
    try:
        return json.loads(read_prefix(response, _MAX_ANSWER_BYTES))
    except (ValueError, RecursionError) as error:
        raise _NotJson("the answer is not JSON") from error


def _interval_s(requested_s: float) -> float:
    """Limit the heartbeat interval that the master asks for."""
    if math.isnan(requested_s):
        return _FIRST_INTERVAL_S
    return min(max(requested_s, _MIN_INTERVAL_S), _MAX_INTERVAL_S)
