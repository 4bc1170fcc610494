"""The explanation of why a slave can't be called: the cause, and what to change."""

import socket
import ssl
import threading

import pytest
import requests

from master_service.slaves.reachability import not_a_slave, why_unreachable
from protocol.http.sessions import new_session
from scripts.local_cluster import free_port


def reason_for(url: str, timeout_s: float = 10.0) -> str:
    """Call the address and return the explanation of the error."""
    slave = url.partition("://")[2]
    with pytest.raises(requests.RequestException) as caught, new_session() as session:
        session.get(f"{url}/check_status", timeout=timeout_s)
    return why_unreachable(slave, caught.value)


def test_a_port_on_which_nothing_listens() -> None:
    """A refused connection points to the address that the slave advertises."""
    port = free_port()
    reason = reason_for(f"http://127.0.0.1:{port}")
    assert reason.startswith(f"Nothing listens at 127.0.0.1:{port} (connection refused): ")
    assert "SLAVE_IP" in reason
    assert "SLAVE_HOST" in reason


def test_a_name_that_does_not_exist() -> None:
    """The host name can't be resolved (RFC 6761 reserves .invalid)."""
    reason = reason_for("http://nowhere.invalid:3000")
    assert "can't resolve the host name of nowhere.invalid:3000" in reason


def test_a_port_that_accepts_and_never_answers() -> None:
    """The connection is made, but no answer arrives in time."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        reason = reason_for(f"http://127.0.0.1:{port}", timeout_s=0.2)
    assert "gets no answer to its request" in reason


def test_a_firewall_that_drops_the_connection() -> None:
    """If connecting times out, a firewall is the most likely cause."""
    reason = why_unreachable("10.0.0.5:3000", requests.ConnectTimeout())
    assert "firewall" in reason
    assert "SLAVE_IP" in reason


def test_any_other_error_is_quoted() -> None:
    """Other errors are quoted in the words of the operating system."""
    unreachable = requests.ConnectionError(OSError(113, "No route to host"))
    assert "No route to host" in why_unreachable("10.0.0.5:3000", unreachable)


def test_an_untrusted_certificate(tls: dict[str, str]) -> None:
    """A slave with a certificate of another authority can be reached, but is not trusted."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tls["TLS_CERT"], tls["TLS_KEY"])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=_shake_hands, args=(listener, context))
        server.start()
        reason = reason_for(f"https://127.0.0.1:{listener.getsockname()[1]}")
        server.join(10)
    assert "TLS_CA on the master" in reason


def _shake_hands(listener: socket.socket, context: ssl.SSLContext) -> None:
    connection, _ = listener.accept()
    with connection, pytest.raises(ssl.SSLError):
        context.wrap_socket(connection, server_side=True)


def test_something_else_that_answers() -> None:
    """An address at which another program answers is reported as such."""
    assert "is not a slave (HTTP 404)" in not_a_slave("10.0.0.5:80", 404)
