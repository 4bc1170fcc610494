"""The tables of the built-in engine."""

from master_service.scheduling.events import ExchangeFailure
from master_service.slaves.transport import TransportError
from master_service.worker import EXCHANGE_FAILURES


def test_every_transport_error_has_an_exchange_failure() -> None:
    """The scheduler is told of each kind of failed exchange, and each kind occurs."""
    assert set(EXCHANGE_FAILURES) == set(TransportError.__subclasses__())
    assert set(EXCHANGE_FAILURES.values()) == set(ExchangeFailure)
