"""Packs zeros, very many of them, in little time and memory."""

import zlib
from functools import cache

_BLOCK = bytes(1 << 20)


@cache
def deflated_zeros(size: int, window_bits: int = 15) -> bytes:
    """Return ``size`` zero bytes as zlib packs them: a thousandth of them."""
    packer = zlib.compressobj(9, zlib.DEFLATED, window_bits)
    whole, rest = divmod(size, len(_BLOCK))
    parts = [packer.compress(_BLOCK) for _ in range(whole)]
    return b"".join([*parts, packer.compress(_BLOCK[:rest]), packer.flush()])


@cache
def deflated_again(size: int, times: int) -> bytes:
    """Return the same packed several times over."""
    data = deflated_zeros(size)
    for _ in range(times - 1):
        data = zlib.compress(data, 9)
    return data
