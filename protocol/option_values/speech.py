"""The option ``speech`` of a job: what to find out about the speech in a sound."""

from protocol.options import Option, features_by_value, one_of

SPANS, TRANSCRIPT = "spans", "transcript"
SPANS_FEATURE, TRANSCRIPT_FEATURE = "audio:speech-spans", "audio:speech"
_FEATURES = {
    SPANS: (SPANS_FEATURE,),
    TRANSCRIPT: (SPANS_FEATURE, TRANSCRIPT_FEATURE),
}


OPTION = Option(
    "speech",
    "speech",
    one_of(*_FEATURES),
    "spans: find where speech is; transcript: also write it down, with times. Only slaves that can "
    "do it get the files. Default: neither.",
    "transcript",
    features_by_value(_FEATURES),
)
