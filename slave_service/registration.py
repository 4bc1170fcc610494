"""Makes a slave known to its master and keeps it known: registers, beats, leaves."""

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
from protocol.http_client import new_session, read_prefix
from protocol.tls import Tls, master_certificate_problem
from protocol.wire import CONTRACT_VERSION, one_line, root_cause
from slave_service.workers.worker import Readiness

_log = logging.getLogger(__name__)

_TIMEOUT_S = 10
_FIRST_INTERVAL_S = 2.0
"""Until the master has said how often it wants to hear from its slaves."""
_LEAST_INTERVAL_S = 0.1
_MOST_INTERVAL_S = 3600.0
_MOST_ANSWER_BYTES = 65536
_FINAL_REFUSALS = frozenset({400, 401, 403, 404, 405, 409, 426, 501})
"""Answers that will be the same at the next try."""
_OF_NO_MASTER = frozenset({404, 405, 501})
"""A master knows the call."""
_LIBRARIES = (
    "Pillow",
    "numpy",
    "scikit-learn",
    "nltk",
    "vaderSentiment",
    "charset-normalizer",
    "pytesseract",
    "soundfile",
    "pypdfium2",
    "PyPDF2",
    "python-docx",
)


@dataclass(frozen=True, slots=True)
class _Acceptance:
    """The master's answer to a registration.

    ``unreachable_reason`` says why the master can't call this slave; None where it can, or has not
    tried yet.
    """

    interval_s: float
    unreachable_reason: str | None = None


class _NotJson(requests.RequestException):
    """What a proxy may answer in the master's place for a while."""


class RefusedError(Exception):
    """The master does not take this slave, for the reason in the text."""


@dataclass(slots=True)
class Registration:
    """One slave's standing with its master."""

    master_url: str
    token: str | None
    tls: Tls
    ip: str | None
    port: int
    workers: int
    readiness: Readiness
    _session: requests.Session = field(init=False)

    def __post_init__(self) -> None:
        self._session = new_session(self.token, _TIMEOUT_S, self.tls.authority)

    def keep(self, leaving: threading.Event) -> None:
        """Register, then repeat it as the heartbeat until ``leaving`` is set.

        A master that can't be reached is tried again for ever, and so is one whose certificate
        has become doubtful: somebody will renew it. Raises ``RefusedError`` when the master says
        no, or was doubtful from the first.
        """
        interval_s, ever = _FIRST_INTERVAL_S, False
        told: str | None = None
        while not leaving.is_set():
            try:
                accepted = self._register_surely()
                interval_s, ever = accepted.interval_s, True
                news = ""
                if accepted.unreachable_reason:
                    news = _unreachable(accepted.unreachable_reason)
            except requests.RequestException as error:
                doubtful = master_certificate_problem(self.master_url, error)
                if doubtful and not ever:
                    raise RefusedError(doubtful) from error
                foreign = str(error) if isinstance(error, _NotJson) else None
                news = doubtful or foreign or f"the master at {self.master_url} can't be reached"
                news += "; trying again until it works"
                _log.debug("%s (%s)", news, root_cause(error))
            if news != told:
                self._tell(news)
                told = news
            leaving.wait(interval_s)

    def leave(self) -> None:
        """Tell the master that this slave takes no more."""
        try:
            url = f"{self.master_url}/register"
            # Streamed, so that nothing of the answer is read.
            self._session.delete(url, json=self._address(), timeout=_TIMEOUT_S, stream=True).close()
        except (requests.RequestException, OSError) as error:
            _log.warning("could not tell the master that this slave leaves: %s", root_cause(error))

    def _tell(self, trouble: str) -> None:
        if trouble:
            _log.warning("%s", trouble)
        else:
            _log.info("registered with the master at %s", self.master_url)

    def _register_surely(self) -> _Acceptance:
        try:
            return self._register()
        except requests.ConnectionError:
            # The connection kept since the last beat may have ended just now.
            return self._register()

    def _register(self) -> _Acceptance:
        url = f"{self.master_url}/register"
        with self._session.post(
            url, json=self._details(), timeout=_TIMEOUT_S, stream=True
        ) as response:
            if response.status_code in _FINAL_REFUSALS:
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
            raise RefusedError(f"what answers at {self.master_url} is no master") from None

    def _why_refused(self, response: requests.Response) -> str:
        """Return the master's reason, or say what else answers at its address."""
        reason = _reason(response)
        if reason == wrong_address.PLAIN_TO_TLS:
            return wrong_address.with_tls(self.master_url)
        if response.status_code in _OF_NO_MASTER and self._is_slave():
            say = wrong_address.of_itself if self._is_own() else wrong_address.of_slave
            return say(self.master_url)
        if reason is None or response.status_code in _OF_NO_MASTER:
            return wrong_address.of_web_server(self.master_url, _head(response))
        return f"the master at {self.master_url} says no: {reason}"

    def _is_slave(self) -> bool:
        """Tell whether a slave answers at the master's address."""
        try:
            with self._session.get(self.master_url, timeout=_TIMEOUT_S, stream=True) as response:
                said = read_prefix(response, _MOST_ANSWER_BYTES)
        except requests.RequestException:
            return False
        return said.startswith(wrong_address.SLAVE_IS_UP.encode())

    def _is_own(self) -> bool:
        """Tell whether the master's address is on this computer, at this slave's own port."""
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
        reasons = self.readiness.reasons
        return (
            self._address()
            | self.readiness.features
            | {
                "workers": self.workers,
                "tls": self.tls.serves,
                "task_types": [name for name, reason in reasons.items() if reason is None],
                "unavailable": {name: reason for name, reason in reasons.items() if reason},
                "contract_version": CONTRACT_VERSION,
                "versions": versions() | self.readiness.versions,
            }
        )


def route_address(master_url: str) -> str:
    """Return the address with which this computer reaches the master.

    Connecting a datagram socket sends nothing; it only makes the system choose a route. The
    host name's own address would be 127.0.1.1 on Debian.
    """
    parts = urllib.parse.urlsplit(master_url)
    family, kind, _, _, address = socket.getaddrinfo(
        parts.hostname, parts.port or 80, type=socket.SOCK_DGRAM
    )[0]
    with socket.socket(family, kind) as probe:
        probe.connect(address)
        return str(probe.getsockname()[0])


def versions() -> dict[str, str]:
    """Return the versions on which a result can depend."""
    found = {"python": platform.python_version()}
    for library in _LIBRARIES:
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
    """Return why the master refuses; None where it is not said as a master would."""
    try:
        return one_line(str(_json(response)["error"]))
    except (requests.RequestException, KeyError, TypeError):
        return None


def _head(response: requests.Response) -> wrong_address.Head:
    return wrong_address.head_of(response.status_code, response.reason, response.headers)


def _json(response: requests.Response) -> Any:  # noqa: ANN401 (JSON)
    try:
        return json.loads(read_prefix(response, _MOST_ANSWER_BYTES))
    except (ValueError, RecursionError) as error:
        raise _NotJson("the answer is not JSON") from error


def _interval_s(asked_s: float) -> float:
    """Keep within reason how often the master wants to be called, whatever it says."""
    if math.isnan(asked_s):
        return _FIRST_INTERVAL_S
    return min(max(asked_s, _LEAST_INTERVAL_S), _MOST_INTERVAL_S)
