"""Writes sounds in the codecs and containers that FFmpeg alone writes and reads."""

import io
from typing import Any

import numpy as np

KINDS: dict[str, tuple[str, str, str]] = {
    # By name: FFmpeg's names of the container, of the codec and of its sample format.
    "aac.m4a": ("ipod", "aac", "fltp"),
    "aac.mp4": ("mp4", "aac", "fltp"),
    "alac.m4a": ("ipod", "alac", "s16p"),
    "alac24.m4a": ("ipod", "alac", "s32p"),
    "aac.mkv": ("matroska", "aac", "fltp"),
    "flac.mkv": ("matroska", "flac", "s16"),
    "opus.webm": ("webm", "libopus", "flt"),
    "pcm.mov": ("mov", "pcm_s16be", "s16"),
    "wma2.wma": ("asf", "wmav2", "fltp"),
    "wma1.wma": ("asf", "wmav1", "fltp"),
    "sound.aac": ("adts", "aac", "fltp"),
    "sound.ac3": ("ac3", "ac3", "fltp"),
    "sound.eac3": ("eac3", "eac3", "fltp"),
    "narrow.amr": ("amr", "libopencore_amrnb", "s16"),
    "sound.wv": ("wv", "wavpack", "s16p"),
}


def encoded(kind: str, samples: Any, rate: int, *, video: bool = False, tracks: int = 1) -> bytes:
    """Return a file of ``KINDS``; ``samples`` have the shape (frames, channels), -1 to 1."""
    import av

    container, codec, form = KINDS[kind]
    layout = {1: "mono", 2: "stereo", 6: "5.1"}[samples.shape[1]]
    target = io.BytesIO()
    with av.open(target, "w", format=container) as out:
        streams: list[Any] = []
        for _ in range(tracks):
            stream: Any = out.add_stream(codec, rate=rate)
            stream.layout = layout
            stream.format = form
            stream.bit_rate = 12_200 if codec == "libopencore_amrnb" else 192_000
            streams.append(stream)
        if video:
            picture: Any = out.add_stream("mpeg4", rate=10)
            picture.width, picture.height, picture.pix_fmt = 32, 32, "yuv420p"
            for _ in range(10):
                blank = np.zeros((32, 32, 3), np.uint8)
                out.mux(picture.encode(av.VideoFrame.from_ndarray(blank)))
            out.mux(picture.encode(None))
        for stream in streams:
            if not stream.codec_context.is_open:
                stream.codec_context.open()
            size = stream.codec_context.frame_size or 1024
            for begin in range(0, len(samples), size):
                frame = _frame(samples[begin : begin + size], form, layout)
                frame.sample_rate, frame.pts = rate, begin
                out.mux(stream.encode(frame))
            out.mux(stream.encode(None))
    return target.getvalue()


def _frame(part: Any, form: str, layout: str) -> Any:
    import av

    kind = form.removesuffix("p")
    values = part if kind == "flt" else np.round(part * {"s16": 2**15, "s32": 2**31}[kind])
    values = np.clip(values, -(2**31), 2**31 - 1) if kind == "s32" else values
    values = values.astype({"flt": "f4", "s16": "i2", "s32": "i4"}[kind])
    planes = values.T if form.endswith("p") else values.reshape(1, -1)
    return av.AudioFrame.from_ndarray(np.ascontiguousarray(planes), form, layout)
