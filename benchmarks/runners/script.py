"""scikit-learn alone in one process, as a script would compute the vectors of an embedding job."""

from typing import Any

from benchmarks.bare_processing import embed_by_scikit_learn
from benchmarks.runners.requests_loop import serve


def main() -> None:
    """Compute the vectors of each request."""

    def answer(request: dict[str, Any]) -> dict[str, object]:
        # Without paths, it loads the library by one text.
        if not request["paths"]:
            embed_by_scikit_learn([__file__])
            return {"files": 0}
        return {"files": embed_by_scikit_learn(request["paths"])}

    serve(answer)


if __name__ == "__main__":
    main()
