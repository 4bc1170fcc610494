"""Compresses very many zeros in little time and memory."""

import zlib
from functools import cache

_BLOCK = bytes(1 << 20)


@cache
def deflated_zeros(size: int, window_bits: int = 15) -> bytes:
    """Return ``size`` zero bytes compressed by zlib, to a thousandth of the size."""
    packer = zlib.compressobj(9, zlib.DEFLATED, window_bits)
    whole, rest = divmod(size, len(_BLOCK))
    parts = [packer.compress(_BLOCK) for _ in range(whole)]
    return b"".join([*parts, packer.compress(_BLOCK[:rest]), packer.flush()])


@cache
def deflated_again(size: int, times: int) -> bytes:
    """Return the same, compressed several times."""
    data = deflated_zeros(size)
    for _ in range(times - 1):
        data = zlib.compress(data, 9)
    return data
