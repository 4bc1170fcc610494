"""The settings of one slave, read once at start."""

import os
from dataclasses import dataclass

from slave_service.environment import (
    Environment,
    SettingError,
    host_of,
    plain_http_refusal,
    read_log_level,
    read_master_url,
)
from slave_service.tls import Tls
from slave_service.wire import is_loopback

DEFAULT_PORT = 3000
DEFAULT_WORKER_MEMORY_BYTES = 2 * 1024**3
LEAST_WORKER_MEMORY_BYTES = 512 * 1024**2
"""Below this the libraries themselves may not load."""


@dataclass(frozen=True, slots=True)
class SlaveSettings:
    """What one slave goes by; ``ip`` and ``port`` are None where it finds its own."""

    master_url: str
    host: str
    port: int | None
    ip: str | None
    workers: int
    file_timeout_s: float
    worker_memory_bytes: int
    token: str | None
    tls: Tls
    log_level: str

    @classmethod
    def read(cls, env: Environment) -> "SlaveSettings":
        """Check every setting; raises ``SettingError`` for the first that can't be used."""
        token, tls = env.token(), env.tls()
        master_url = read_master_url(env, token)
        host = env.address("SLAVE_HOST") or ("0.0.0.0" if token else "127.0.0.1")
        ip = env.address("SLAVE_IP")
        if token is None:
            _refuse_open_address(master_url, host, ip)
        elif not tls.serves:
            _refuse_plain_answers(env, master_url, ip)
        return cls(
            master_url=master_url,
            host=host,
            port=env.whole("SLAVE_PORT", 0, least=1, most=65535) or None,
            ip=ip,
            workers=env.whole("SLAVE_WORKERS", os.cpu_count() or 1, least=1, most=1024),
            file_timeout_s=env.number("FILE_TIMEOUT", 300, least=0.1, most=7 * 86400),
            worker_memory_bytes=env.whole(
                "WORKER_MEMORY", DEFAULT_WORKER_MEMORY_BYTES, least=LEAST_WORKER_MEMORY_BYTES
            ),
            token=token,
            tls=tls,
            log_level=read_log_level(env),
        )


def _refuse_plain_answers(env: Environment, master_url: str, ip: str | None) -> None:
    """Raise ``SettingError`` where the master would send its token to this slave in the clear."""
    # The address to tell, where none is given, is the one that leads to the master.
    name, host = ("SLAVE_IP", ip) if ip else ("MASTER_URL", host_of(master_url))
    if not is_loopback(host) and not env.flag("ALLOW_PLAIN_HTTP"):
        raise SettingError(plain_http_refusal(f"{name}={ip or master_url}"))


def _refuse_open_address(master_url: str, host: str, ip: str | None) -> None:
    checks = (("MASTER_URL", host_of(master_url)), ("SLAVE_HOST", host), ("SLAVE_IP", ip))
    for name, address in checks:
        if address and not is_loopback(address):
            raise SettingError(
                f"{name} leads beyond this computer ({address}), which needs a shared secret: "
                "set CLUSTER_TOKEN to the same value here and on the master (which prints a ready "
                "one when it is started with MASTER_HOST=0.0.0.0 and none)"
            )
