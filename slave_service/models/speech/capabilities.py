"""Finds out what this computer can do with speech, when a worker starts."""

import sys

from protocol.failures import Unavailable
from protocol.option_values.speech import SPANS_FEATURE, TRANSCRIPT_FEATURE
from slave_service.models.speech import voice_activity, whisper


def versions(model: str) -> dict[str, str]:
    """Return the versions of what finds and writes down speech; empty where nothing does.

    ``model`` is the folder of a Whisper model, or empty for the installed one.
    """
    if not voice_activity.is_installed():
        return {}
    return {**voice_activity.versions(), **whisper.versions(model)}


def features(model: str) -> frozenset[str]:
    """Return the features of the option ``speech`` that work here; log why another does not.

    Without the packages, this only looks for them.
    """
    if not voice_activity.is_installed():
        return frozenset()
    found = set()
    try:
        voice_activity.self_test()
        found.add(SPANS_FEATURE)
        if whisper.load(model) is not None:
            found.add(TRANSCRIPT_FEATURE)
        # The model takes 250 MB and more, and most workers are never asked for a transcript.
        whisper.load.cache_clear()
    except Unavailable as error:
        print(f"this slave can't do speech: {error}", file=sys.stderr)  # noqa: T201 (the log)
    return frozenset(found)
