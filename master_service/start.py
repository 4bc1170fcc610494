"""Starts the master from its settings: folders, lock, listener, application, server."""

import contextlib
import logging
import sqlite3
import tempfile
from pathlib import Path

from filelock import FileLock, Timeout

from master_service.app import create_master
from master_service.errors import LedgerDamaged
from master_service.settings import MasterSettings
from master_service.storage.ledger_damage import why_unusable
from protocol.server.serving import Server, listen, set_up_logging
from protocol.settings.environment import Environment, SettingError

_log = logging.getLogger("master")

_MIN_TOKEN_LENGTH = 16
"""Shorter tokens are warned of: the master does not limit failed attempts."""


def run(env: Environment) -> None:
    """Serve until SIGTERM or SIGINT; raises ``SettingError`` or ``AddressError`` at start."""
    settings = MasterSettings.read(env)
    set_up_logging(settings.log_level)
    spool = env.written("SPOOL_DIR", settings.spool_dir)
    _make_folder(env.written("RESULTS_DIR", settings.results_dir), settings.results_dir)
    _make_folder(spool, settings.spool_dir)
    with contextlib.suppress(OSError):
        # Uploads are private to the user of the master.
        settings.spool_dir.chmod(0o700)
    try:
        lock = FileLock(settings.spool_dir / "lock", timeout=0).acquire()
    except Timeout:
        raise SettingError(
            f"{spool} is in use by another master: stop that one, or set another SPOOL_DIR (and "
            "RESULTS_DIR) here"
        ) from None
    except OSError as error:
        raise SettingError(
            f"{spool} can't be used: its file 'lock' can't be opened ({error.strerror}): give the "
            "user of the master access to it, or remove it"
        ) from None
    with lock:
        listener = listen(settings.host, settings.port)
        try:
            master = create_master(settings)
        except (sqlite3.Error, LedgerDamaged) as error:
            raise SettingError(why_unusable(settings.spool_dir, error)) from None
        server = Server(master.app, listener, settings.tls.server_context())

        def log_start() -> None:
            if settings.sends_token_unencrypted:
                _log.warning(
                    "others on the network can read what is sent here, the token too: set TLS_CERT "
                    "and TLS_KEY, or ALLOW_PLAIN_HTTP=1 if you trust it"
                )
            if settings.token is not None and len(settings.token) < _MIN_TOKEN_LENGTH:
                _log.warning("CLUSTER_TOKEN is short enough to be guessed: make a longer one")
            scheme = "https" if settings.tls.serves else "http"
            _log.info("listening on %s://%s:%d", scheme, settings.host, settings.port)
            _log.info("saving results in %s", settings.results_dir)

        server.run(on_start=log_start, on_stop=master.stop)
        master.close()


def _make_folder(written: str, folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Permission bits and quotas don't tell whether a write succeeds.
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise SettingError(f"{written} can't be written to: {error.strerror}") from None
