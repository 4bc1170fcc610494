"""Makes Ctrl-C end the client, even where Python drops the KeyboardInterrupt.

The interpreter drops exceptions that are raised inside a finalizer, silently in most versions.
Responses of urllib3 and http.client have finalizers, so a KeyboardInterrupt can be lost there.
"""

from types import FrameType


class InterruptHandler:
    """A SIGINT handler that remembers the signal; ``check``, called regularly, raises it again."""

    def __init__(self) -> None:
        self._is_interrupted = False

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        """Record the signal and raise ``KeyboardInterrupt``, as Python's own handler does."""
        self._is_interrupted = True
        raise KeyboardInterrupt

    def check(self) -> None:
        """Raise ``KeyboardInterrupt`` if Ctrl-C was pressed and the exception was lost."""
        if self._is_interrupted:
            raise KeyboardInterrupt

    def reset(self) -> None:
        """Forget the signal, so that the cleanup after Ctrl-C can send requests."""
        self._is_interrupted = False
