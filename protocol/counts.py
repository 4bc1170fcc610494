"""Formats a number with its noun in the singular or the plural; all messages use this."""


def counted(number: float, one: str, many: str | None = None) -> str:
    """Return ``1 file`` or ``2 files``; ``many`` is the plural if it is not ``one`` + "s"."""
    shown = str(number) if isinstance(number, int) else f"{number:g}"
    return f"{shown} {one if number == 1 else many or one + 's'}"
