"""The settings of the master, read once at start."""

from dataclasses import dataclass
from pathlib import Path

from master_service.opening import how_to_open
from slave_service.environment import Environment, SettingError, read_log_level
from slave_service.tls import Tls
from slave_service.wire import is_loopback

DEFAULT_MAX_FILE_BYTES = 2 * 1024**3
DEFAULT_MAX_JOB_BYTES = 100 * 1024**3


@dataclass(frozen=True, slots=True)
class MasterSettings:
    """What the master goes by. ``results_label`` is RESULTS_DIR as the user wrote it."""

    host: str
    port: int
    results_dir: Path
    results_label: str
    spool_dir: Path
    slave_timeout_s: float
    heartbeat_interval_s: float
    max_attempts: int
    max_file_bytes: int
    max_job_bytes: int
    max_waiting_jobs: int
    job_retention_days: float
    scheduler_log: Path | None
    token: str | None
    tls: Tls
    allow_plain_http: bool
    log_level: str

    @property
    def is_open_to_listeners(self) -> bool:
        """Whether others could read the token on its way here, and nobody said that they may."""
        return not (is_loopback(self.host) or self.tls.serves or self.allow_plain_http)

    @classmethod
    def read(cls, env: Environment) -> "MasterSettings":
        """Check every setting; raises ``SettingError`` for the first that can't be used."""
        token = env.token()
        host = env.address("MASTER_HOST") or "127.0.0.1"
        port = env.whole("MASTER_PORT", 5000, least=1, most=65535)
        if token is None and not is_loopback(host):
            raise SettingError(
                f"MASTER_HOST={host} opens the master to other computers, which needs a shared "
                "secret: set CLUSTER_TOKEN to the same value here, on every slave and client\n\n"
                + how_to_open(host, port)
            )
        return cls(
            host=host,
            port=port,
            results_dir=env.path("RESULTS_DIR", "processed_results"),
            results_label=env.text("RESULTS_DIR") or "processed_results",
            spool_dir=env.path("SPOOL_DIR", ".spool"),
            slave_timeout_s=env.number("SLAVE_TIMEOUT", 45, least=0.5, most=86400),
            heartbeat_interval_s=env.number("HEARTBEAT_INTERVAL", 2, least=0.1, most=3600),
            max_attempts=env.whole("MAX_ATTEMPTS", 3, least=1, most=100),
            max_file_bytes=env.whole("MAX_FILE_SIZE", DEFAULT_MAX_FILE_BYTES, least=1),
            max_job_bytes=env.whole("MAX_JOB_SIZE", DEFAULT_MAX_JOB_BYTES, least=1),
            max_waiting_jobs=env.whole("MAX_WAITING_JOBS", 1000, least=1),
            job_retention_days=env.number("JOB_RETENTION", 7, least=0, most=36500),
            scheduler_log=env.path("SCHEDULER_LOG", "") if env.text("SCHEDULER_LOG") else None,
            token=token,
            tls=env.tls(),
            allow_plain_http=env.flag("ALLOW_PLAIN_HTTP"),
            log_level=read_log_level(env),
        )
