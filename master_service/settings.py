"""The settings of the master, read once at start."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from master_service.join_instructions import join_instructions
from protocol.settings.environment import Environment, SettingError
from protocol.tls import Tls
from protocol.wire import is_loopback


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
        return cls(**values, results_label=env.text("RESULTS_DIR") or "", tls=env.tls())
