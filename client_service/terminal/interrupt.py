"""Sees to it that Ctrl-C ends the client, even where Python loses it.

What is raised inside a finalizer is dropped by the interpreter, without a word in most versions.
urllib3 and http.client have such for each response, so a KeyboardInterrupt can end there.
"""

from types import FrameType


class InterruptHandler:
    """A handler of SIGINT that remembers, for whoever asks with ``check`` now and then."""

    def __init__(self) -> None:
        self._pressed = False

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        """Take the signal: end what is under way, as Python itself would."""
        self._pressed = True
        raise KeyboardInterrupt

    def check(self) -> None:
        """Raise ``KeyboardInterrupt`` where the keys were pressed and that got lost."""
        if self._pressed:
            raise KeyboardInterrupt

    def forget(self) -> None:
        """Let go on what is still to be done after the keys were pressed."""
        self._pressed = False
