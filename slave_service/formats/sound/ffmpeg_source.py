"""Gives an open file to FFmpeg."""

import errno
from typing import BinaryIO


class FfmpegSource:
    """A file for PyAV; damaged containers make FFmpeg ask for places that no file has."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.read, self.tell = file.read, file.tell

    def seek(self, offset: int, whence: int = 0) -> int:
        """Return the new place, or for an impossible one FFmpeg's code of an invalid argument.

        An exception would end the reading as an error of the disk.
        """
        try:
            return self._file.seek(offset, whence)
        except ValueError:
            return -errno.EINVAL
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            return -errno.EINVAL
