"""Sends files as the command line does, and waits until the job has ended."""

from collections.abc import Sequence
from pathlib import Path

from client_service.following import follow
from client_service.master_api.answers import Answer
from client_service.master_api.job_api import JobApi
from client_service.terminal import progress
from client_service.transfer.uploading import submit
from scripts.local_cluster import LocalCluster


def send_and_wait(cluster: LocalCluster, task_type: str, files: Sequence[Path]) -> Answer:
    """Return the head of the ended job."""
    api = JobApi(cluster.url, None, progress.write_stderr)
    return follow(api, submit(api, task_type, list(map(str, files))))
