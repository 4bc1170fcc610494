"""What requests for comparisons of a job's files contain, and the answers to them."""

from typing import Annotated

from pydantic import BaseModel, Field

from master_service.api.models.fields import DIGITS, Count, FileIndex, JobId, JsonObject, example

_Name = Annotated[str, example("letter.txt")]
_Part = Annotated[float, Field(ge=0, le=1)]


class SimilarQuery(BaseModel):
    """Which of the compared files to list."""

    offset: Annotated[int, DIGITS] = Field(
        0, ge=0, le=2**53, description="The first index to list."
    )
    limit: Annotated[int, DIGITS] = Field(
        1000, ge=0, le=10_000, description="How many to return at most."
    )


class Neighbor(JsonObject):
    """Another file of the job."""

    index: FileIndex
    filename: _Name
    similarity: Annotated[_Part, example(0.83)]
    """The cosine of the two vectors, or the share of equal bits of two hashes."""


class ComparedFile(JsonObject):
    """One file that was compared."""

    index: FileIndex
    filename: _Name
    cluster: Annotated[Count | None, example(0)]
    """The number of its cluster; null for pictures, which are not clustered."""
    x: Annotated[_Part, example(0.25)]
    y: Annotated[_Part, example(0.75)]
    """Where it is on a map of the job: similar files are close to each other."""
    neighbors: list[Neighbor]
    """The most similar other files, at most 5."""


class Cluster(JsonObject):
    """Files of like content."""

    cluster: Annotated[Count, example(0)]
    name: Annotated[str, example("bees, honey, hive")]
    """The terms that weigh most in it, next to the others."""
    files: Annotated[Count, example(12)]


class Comparison(JsonObject):
    """The files of a job, compared with each other, and a page of them."""

    job_id: JobId
    basis: Annotated[str | None, example("vector")]
    """What was compared: semantic_vector, vector or perceptual_hash; null for nothing."""
    compared: Annotated[Count, example(12)]
    """How many files."""
    near_duplicates: Annotated[list[list[FileIndex]], example([[0, 3]])]
    """Groups of files that are nearly equal."""
    clusters: list[Cluster]
    warnings: Annotated[list[str], example([])]
    """What was left out, and what to do about it."""
    files: list[ComparedFile]
