"""Says how long a connection is waited for, and how much is taken from it that nobody asked for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timeouts:
    """What one connection may cost; the defaults let every honest client through."""

    stall_s: float = 60.0
    """A connection on which nothing comes for so long, though something is waited for, is let go:
    a client that still wants something sends it again."""
    pace_bytes: int = 16 * 1024
    """What has to come of a body in each ``stall_s`` of waiting for it. The slowest uplinks there
    are bring 1 KB a second, four times that; a byte now and then must not keep a connection."""
    head_s: float = 20.0
    """For all of a request's headers together, however slowly they drip."""
    handshake_s: float = 30.0
    """For a slow computer at a slow line; who says nothing must not keep a connection."""
    take_s: float = 600.0
    """Whoever takes nothing at all of an answer for so long is gone. It is no limit on the whole
    answer: a client that has to wait for a disk, or goes on slowly, gets all of it."""
    discard_bytes: int = 128 * 1024 * 1024
    """What is read of a body that was refused. Most programs look for the answer only when they
    have sent everything; one that goes on for longer finds the connection closed."""
    discard_s: float = 60.0
    """The same in time."""
    silence_s: float = 5.0
    """Who neither sends nor closes, once it was refused, has had its answer."""
