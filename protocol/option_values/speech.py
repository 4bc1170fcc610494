"""The option ``speech`` of a job: what to find out about the speech in a sound."""

from protocol.options import Option

SPANS, TRANSCRIPT = "spans", "transcript"
SPANS_FEATURE, TRANSCRIPT_FEATURE = "audio:speech-spans", "audio:speech"
_FEATURES = {
    SPANS: frozenset({SPANS_FEATURE}),
    TRANSCRIPT: frozenset({SPANS_FEATURE, TRANSCRIPT_FEATURE}),
}


def parse(text: str) -> str:
    """Return the value in lower case; raise ``ValueError`` with what it must be."""
    value = text.strip().lower()
    if value not in _FEATURES:
        raise ValueError(f"must be {' or '.join(_FEATURES)}, not {text[:60]!r}")
    return value


def features(value: str) -> frozenset[str]:
    """Return the features that a slave must have for a value."""
    return _FEATURES[value]


OPTION = Option(
    "speech",
    "speech",
    parse,
    "spans: find where speech is; transcript: also write it down, with times. Only slaves that can "
    "do it get the files. Default: neither.",
    "transcript",
    features,
)
