"""The settings of the master, read once at start."""

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from master_service.join_instructions import join_instructions
from protocol.settings.environment import Environment, SettingError, host_of
from protocol.tls import Tls
from protocol.wire import is_loopback

DASK = "dask"
"""The value of ENGINE for a Dask cluster."""


@dataclass(frozen=True, slots=True)
class MasterSettings:
    """The settings of the master; each field is annotated with the name of its setting.

    ``results_label`` is RESULTS_DIR as the user wrote it; given as an option, it is absolute.
    """

    host: Annotated[str, "MASTER_HOST"]
    port: Annotated[int, "MASTER_PORT"]
    results_dir: Annotated[Path, "RESULTS_DIR"]
    results_label: str
    spool_dir: Annotated[Path, "SPOOL_DIR"]
    slave_timeout_s: Annotated[float, "SLAVE_TIMEOUT"]
    heartbeat_interval_s: Annotated[float, "HEARTBEAT_INTERVAL"]
    max_attempts: Annotated[int, "MAX_ATTEMPTS"]
    max_file_bytes: Annotated[int, "MAX_FILE_SIZE"]
    max_job_bytes: Annotated[int, "MAX_JOB_SIZE"]
    max_waiting_jobs: Annotated[int, "MAX_WAITING_JOBS"]
    job_retention_days: Annotated[float, "JOB_RETENTION"]
    durability: Annotated[str, "DURABILITY"]
    scheduler_log: Annotated[Path | None, "SCHEDULER_LOG"]
    engine: Annotated[str, "ENGINE"]
    dask_scheduler: Annotated[str | None, "DASK_SCHEDULER"]
    token: Annotated[str | None, "CLUSTER_TOKEN"]
    tls: Tls
    allow_plain_http: Annotated[bool, "ALLOW_PLAIN_HTTP"]
    log_level: Annotated[str, "LOG_LEVEL"]

    @property
    def sends_token_unencrypted(self) -> bool:
        """Whether the token crosses the network unencrypted without ALLOW_PLAIN_HTTP."""
        return not (is_loopback(self.host) or self.tls.serves or self.allow_plain_http)

    @classmethod
    def read(cls, env: Environment) -> "MasterSettings":
        """Read every setting; raises ``SettingError`` for the first invalid one."""
        values = env.fields(cls)
        host = values["host"]
        if values["token"] is None and not is_loopback(host):
            raise SettingError(
                f"{env.written('MASTER_HOST', host)} opens the master to other computers, which "
                "needs a shared secret: set CLUSTER_TOKEN to the same value here, on every slave "
                f"and client\n\n{join_instructions(host, values['port'])}"
            )
        if values["engine"] == DASK:
            _check_dask(env, values["dask_scheduler"])
        return cls(**values, results_label=env.text("RESULTS_DIR") or "", tls=env.tls())


def _check_dask(env: Environment, scheduler: str | None) -> None:
    """Raise ``SettingError`` where Dask is missing, or files would cross a network unencrypted."""
    if importlib.util.find_spec("distributed") is None:
        raise SettingError(
            f"{env.written('ENGINE', DASK)} needs Dask: pip install -r requirements-dask.txt"
        )
    if scheduler is None or scheduler.startswith("tls:") or env.value("ALLOW_PLAIN_HTTP"):
        return
    if not is_loopback(host_of(scheduler)):
        raise SettingError(
            f"{env.written('DASK_SCHEDULER', scheduler)} is another host, and files would travel "
            "readable by the network, to whoever listens there: use tls:// with certificates "
            "(docs/scaling.md), or set ALLOW_PLAIN_HTTP=1 if you trust this network"
        )
