"""Runs the encoder of BERT (J. Devlin et al., 2018) with NumPy, in 64-bit floating point.

Libraries add 32-bit numbers in an order that depends on the processor, so that their results
differ in the sixth digit; in 64 bits the difference is about 1e-14, and results that are rounded
to few decimals are the same on every computer.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_HEADS = 12
_EPSILON = 1e-12


def encode(pieces: list[int], weights: Mapping[str, "Floats"], layers: int) -> "Floats":
    """Return one vector for each piece: an array (pieces, width)."""
    embeddings = "embeddings."
    hidden = (
        weights[embeddings + "word_embeddings.weight"][pieces].astype("float64")
        + weights[embeddings + "position_embeddings.weight"][: len(pieces)]
        + weights[embeddings + "token_type_embeddings.weight"][0]
    )
    hidden = _normalized(hidden, embeddings + "LayerNorm", weights)
    for layer in range(layers):
        hidden = _layer(hidden, f"encoder.layer.{layer}.", weights)
    return hidden


def _layer(hidden: "Floats", name: str, weights: Mapping[str, "Floats"]) -> "Floats":
    attended = _attention(hidden, f"{name}attention.self.", weights)
    attended = _linear(attended, f"{name}attention.output.dense", weights)
    hidden = _normalized(hidden + attended, f"{name}attention.output.LayerNorm", weights)
    inner = _gelu(_linear(hidden, f"{name}intermediate.dense", weights))
    inner = _linear(inner, f"{name}output.dense", weights)
    return _normalized(hidden + inner, f"{name}output.LayerNorm", weights)


def _attention(hidden: "Floats", name: str, weights: Mapping[str, "Floats"]) -> "Floats":
    import numpy as np

    length, width = hidden.shape
    query, key, value = (
        _linear(hidden, name + each, weights).reshape(length, _HEADS, -1).transpose(1, 0, 2)
        for each in ("query", "key", "value")
    )
    scores = query @ key.transpose(0, 2, 1) / np.sqrt(width / _HEADS)
    shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares /= shares.sum(axis=-1, keepdims=True)
    mixed: Floats = (shares @ value).transpose(1, 0, 2).reshape(length, width)
    return mixed


def _linear(values: "Floats", name: str, weights: Mapping[str, "Floats"]) -> "Floats":
    result: Floats = values @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]
    return result


def _normalized(values: "Floats", name: str, weights: Mapping[str, "Floats"]) -> "Floats":
    import numpy as np

    centred = values - values.mean(axis=-1, keepdims=True)
    deviation = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + _EPSILON)
    result: Floats = centred / deviation * weights[f"{name}.weight"] + weights[f"{name}.bias"]
    return result


def _gelu(values: "Floats") -> "Floats":
    import numpy as np
    from scipy.special import erf

    result: Floats = values * 0.5 * (1 + erf(values / np.sqrt(2)))
    return result
