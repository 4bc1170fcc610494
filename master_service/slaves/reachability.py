"""Explains in one sentence, with a remedy, why the master can't call a slave.

No I/O, clocks or threads.
"""

import errno
import socket
from collections.abc import Iterator

import requests

from protocol.tls import certificate_problem
from protocol.wire import root_cause

_REMEDY = "set SLAVE_IP and SLAVE_PORT on the slave to the address at which the master reaches it"


def why_unreachable(slave: str, error: requests.RequestException) -> str:
    """Return why the call to ``slave`` ("ip:port") failed, and what to change."""
    if untrusted := certificate_problem(error):
        return (
            f"The master connects to {slave}, but {untrusted}: set TLS_CA on the master to the "
            "file of the authority that signed the slave's certificate."
        )
    if isinstance(error, requests.ConnectTimeout):
        return (
            f"The master gets no answer from {slave}: open this port in the firewall of the "
            f"slave's computer, or {_REMEDY}."
        )
    if isinstance(error, requests.ReadTimeout):
        return (
            f"The master connects to {slave}, but gets no answer to its request: see the log of "
            f"the slave, or {_REMEDY}."
        )
    for cause in _causes(error):
        if isinstance(cause, socket.gaierror):
            return (
                f"The master can't resolve the host name of {slave}: set SLAVE_IP on the slave to "
                "an IP address."
            )
        if isinstance(cause, OSError) and cause.errno == errno.ECONNREFUSED:
            return (
                f"Nothing listens at {slave} (connection refused): start the slave if it has "
                f"stopped; if it runs, {_REMEDY}, and SLAVE_HOST to an address that is not "
                "loopback."
            )
    return (
        f"The master can't connect to {slave} ({root_cause(error)}): check the network and the "
        f"firewall of the slave's computer, or {_REMEDY}."
    )


def not_a_slave(slave: str, status: int) -> str:
    """Return the explanation for an address that answers with another HTTP status than a slave."""
    return f"What answers at {slave} is not a slave (HTTP {status}): {_REMEDY}."


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield the exceptions that caused one of ``requests``, which nests them in several ways."""
    pending, seen = [error], set[int]()
    while pending:
        current = pending.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        nested = (*current.args, getattr(current, "reason", None), current.__cause__)
        pending += [each for each in (*nested, current.__context__) if _is_error(each)]


def _is_error(value: object) -> bool:
    return isinstance(value, BaseException)
