"""The timeouts of a connection, and how much of an unwanted body the server reads."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timeouts:
    """The limits of one connection; the defaults let every honest client through."""

    idle_timeout_s: float = 60.0
    """The server closes a connection on which it waits for data and none arrives for this long.
    A client that still wants something sends its request again."""
    min_body_bytes: int = 16 * 1024
    """Bytes of a body that have to arrive in each ``idle_timeout_s`` of waiting. The slowest
    uplinks bring 1 KB a second, four times that. Without this limit, a client that sends single
    bytes could keep a connection open."""
    head_timeout_s: float = 20.0
    """For all header lines of a request together."""
    handshake_timeout_s: float = 30.0
    """For the TLS handshake; long enough for a slow computer on a slow network."""
    write_timeout_s: float = 600.0
    """The server closes a connection whose client reads nothing of an answer for this long. The
    whole answer may take longer: a client that reads slowly, or waits for its disk, gets all of
    it."""
    drain_bytes: int = 128 * 1024 * 1024
    """Bytes that the server reads of a refused body before it closes the connection. Most clients
    read the answer only after they have sent the whole body."""
    drain_timeout_s: float = 60.0
    """Seconds that the server reads a refused body for."""
    drain_idle_s: float = 5.0
    """The server closes a refused connection when the client sends nothing for this long."""
