"""The settings of one slave, read once at start."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from protocol.settings.environment import (
    Environment,
    SettingError,
    host_of,
    plain_http_refusal,
    read_master_url,
)
from protocol.task_types import TASK_TYPES
from protocol.tls import Tls
from protocol.wire import is_loopback
from slave_service.models import ocr_languages
from slave_service.models.speech import weights, whisper
from slave_service.workers.worker_handle import ProcessorSettings

DEFAULT_PORT = 3000


@dataclass(frozen=True, slots=True)
class SlaveSettings:
    """The settings of one slave; the annotation of a field names the setting that it holds.

    ``ip`` None means the address of the route to the master, ``port`` None the first free port.
    """

    master_url: str
    host: Annotated[str, "SLAVE_HOST"]
    port: Annotated[int | None, "SLAVE_PORT"]
    ip: Annotated[str | None, "SLAVE_IP"]
    workers: Annotated[int, "SLAVE_WORKERS"]
    task_types: Annotated[frozenset[str], "SLAVE_TASK_TYPES"]
    file_timeout_s: Annotated[float, "FILE_TIMEOUT"]
    worker_memory_bytes: Annotated[int, "WORKER_MEMORY"]
    ocr_languages: Annotated[str, "OCR_LANGUAGES"]
    speech_model: Annotated[str, "SPEECH_MODEL"]
    token: Annotated[str | None, "CLUSTER_TOKEN"]
    tls: Tls
    log_level: Annotated[str, "LOG_LEVEL"]

    @classmethod
    def read(cls, env: Environment) -> "SlaveSettings":
        """Read and check all settings; raise ``SettingError`` for the first invalid one."""
        values, tls = env.fields(cls), env.tls()
        token, ip = values["token"], values["ip"]
        master_url = read_master_url(env, token)
        values["host"] = values["host"] or ("0.0.0.0" if token else "127.0.0.1")
        values["workers"] = values["workers"] or os.cpu_count() or 1
        values["task_types"] = values["task_types"] or frozenset(TASK_TYPES)
        if token is None:
            _refuse_open_address(env, master_url, values["host"], ip)
        elif not tls.serves:
            _refuse_plain_answers(env, master_url, ip)
        values["ocr_languages"] = _installed_languages(env, values["ocr_languages"])
        values["speech_model"] = _usable_model(env, values["speech_model"])
        return cls(**values, master_url=master_url, tls=tls)


@dataclass(frozen=True, slots=True)
class ProcessingSettings:
    """The settings of what processes files, without those of a slave that serves HTTP."""

    task_types: Annotated[frozenset[str], "SLAVE_TASK_TYPES"]
    file_timeout_s: Annotated[float, "FILE_TIMEOUT"]
    worker_memory_bytes: Annotated[int, "WORKER_MEMORY"]
    ocr_languages: Annotated[str, "OCR_LANGUAGES"]
    speech_model: Annotated[str, "SPEECH_MODEL"]

    @classmethod
    def read(cls, env: Environment) -> "ProcessingSettings":
        """Read and check these settings; raise ``SettingError`` for the first invalid one."""
        values = env.fields(cls)
        values["task_types"] = values["task_types"] or frozenset(TASK_TYPES)
        values["ocr_languages"] = _installed_languages(env, values["ocr_languages"])
        values["speech_model"] = _usable_model(env, values["speech_model"])
        return cls(**values)


def settings_by_processor(settings: object) -> ProcessorSettings:
    """Return by task type the values of its processor's settings, by keyword argument."""
    return {
        task.name: {keyword: getattr(settings, name) for keyword, name in task.settings.items()}
        for task in TASK_TYPES.values()
        if task.settings
    }


def _installed_languages(env: Environment, given: str) -> str:
    """Return OCR_LANGUAGES in Tesseract's form; raise where Tesseract lacks one of them."""
    written = env.written("OCR_LANGUAGES", given)
    try:
        languages = ocr_languages.parse(given)
    except ValueError as error:
        raise SettingError(f"{env.origin('OCR_LANGUAGES')} {error}") from None
    installed = ocr_languages.installed() if languages != ocr_languages.DEFAULT else None
    if installed is not None and (missing := ocr_languages.why_missing(languages, installed)):
        raise SettingError(f"{written}: {missing}")
    return languages


def _usable_model(env: Environment, given: Path | None) -> str:
    """Return SPEECH_MODEL, empty where it is not set; raise where it can't be used."""
    if given is None:
        return ""
    written = env.written("SPEECH_MODEL", str(given))
    if not whisper.is_installed():
        raise SettingError(
            f"{written} needs faster-whisper: pip install -r requirements-speech.txt"
        )
    if reason := weights.why_unusable(str(given)):
        raise SettingError(f"{written}: {reason}; give the folder of a model for faster-whisper")
    return str(given)


def _refuse_plain_answers(env: Environment, master_url: str, ip: str | None) -> None:
    """Raise ``SettingError`` where the master would send its token to this slave without TLS."""
    # Without SLAVE_IP the slave's address follows from MASTER_URL, so the error names that one.
    name, host = ("SLAVE_IP", ip) if ip else ("MASTER_URL", host_of(master_url))
    if not is_loopback(host) and not env.value("ALLOW_PLAIN_HTTP"):
        raise SettingError(plain_http_refusal(env.written(name, ip or master_url)))


def _refuse_open_address(env: Environment, master_url: str, host: str, ip: str | None) -> None:
    """Raise ``SettingError`` where an address is not a loopback one, for a slave without token."""
    checks = (("MASTER_URL", host_of(master_url)), ("SLAVE_HOST", host), ("SLAVE_IP", ip))
    for name, address in checks:
        if address and not is_loopback(address):
            raise SettingError(
                f"{env.origin(name)} leads beyond this computer ({address}), which needs a shared "
                "secret: set CLUSTER_TOKEN to the same value here and on the master (which prints "
                "a ready one when it is started with MASTER_HOST=0.0.0.0 and none)"
            )
