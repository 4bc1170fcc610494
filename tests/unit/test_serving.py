"""How master and slave listen."""

import socket

from slave_service.serving import listen


def test_answers_do_not_wait_for_acknowledgements() -> None:
    """Connections send at once, so that an answer in two parts costs no 40 ms on a kept one."""
    with listen("127.0.0.1", 0) as listener:
        with socket.create_connection(listener.getsockname()):
            connection, _ = listener.accept()
        with connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
