"""Chooses the gray levels of a colored page in which its print stands out."""

from PIL import Image, ImageStat

_SIDE = 600
"""Contrast is compared on a copy of about this many pixels a side."""
_CLEARLY = 3.0
"""How many times as much contrast a channel must have to be taken instead of the gray levels."""


def clearest(gray: Image.Image, colored: Image.Image) -> Image.Image:
    """Return ``gray``, or the channel of a picture in mode RGB with far more contrast.

    Red print on blue paper of the same lightness is invisible in gray levels.
    """
    factor = max(1, max(colored.size) // _SIDE)
    contrast = ImageStat.Stat(gray.reduce(factor)).stddev[0]
    channels = ImageStat.Stat(colored.reduce(factor)).stddev
    best = max(range(len(channels)), key=channels.__getitem__)
    if channels[best] < 1 or channels[best] < _CLEARLY * contrast:
        return gray
    return colored.getchannel(best)
