"""The option ``speech`` of a job: what to find out about the speech in a sound."""

from protocol.options import Option, one_of

SPANS, TRANSCRIPT = "spans", "transcript"
SPANS_FEATURE, TRANSCRIPT_FEATURE = "audio:speech-spans", "audio:speech"
_FEATURES = {
    SPANS: frozenset({SPANS_FEATURE}),
    TRANSCRIPT: frozenset({SPANS_FEATURE, TRANSCRIPT_FEATURE}),
}


def features(value: str) -> frozenset[str]:
    """Return the features that a slave must have for a value."""
    return _FEATURES[value]


OPTION = Option(
    "speech",
    "speech",
    one_of(*_FEATURES),
    "spans: find where speech is; transcript: also write it down, with times. Only slaves that can "
    "do it get the files. Default: neither.",
    "transcript",
    features,
)
