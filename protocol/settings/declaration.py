"""Declares every setting of master, slave and client.

A new setting is a row here, and a field of ``MasterSettings`` or ``SlaveSettings``. Then
``python -m scripts.settings_table`` writes ``.env.example`` and the table of docs/settings.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from protocol.settings.kinds import (
    ADDRESS,
    DASK_ADDRESS,
    FLAG,
    PATH,
    PORT,
    SECRET,
    TEXT,
    URL,
    Kind,
    choice,
    names,
    number,
    size,
    whole,
)
from protocol.task_types import TASK_TYPES

MASTER, SLAVE, CLIENT = "master", "slave", "client"
ALL = (MASTER, SLAVE, CLIENT)


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: an environment variable, and an option of each program that uses it.

    ``default`` is text as a user would write it, blank if the program chooses the value itself or
    needs none; ``default_text`` then describes the default. ``help`` is a phrase for ``--help``,
    docs/settings.md and ``.env.example``; ``details`` are further sentences for the last of these.
    """

    name: str
    users: tuple[str, ...]
    kind: Kind
    default: str
    help: str
    default_text: str = ""
    details: str = ""

    @property
    def shown_default(self) -> str:
        """Return the default, or its description, for people to read."""
        return self.default or self.default_text or "none"

    def options(self, program: str) -> tuple[str, ...]:
        """Return the names of the option; the first one lacks the program's own name."""
        full = self.name.lower().replace("_", "-")
        return tuple(dict.fromkeys((f"--{full.removeprefix(program + '-')}", f"--{full}")))


@dataclass(frozen=True, slots=True)
class Option:
    """The text that a command line has for a setting, and the option name that the user wrote."""

    name: str
    text: str


_ROWS = (
    Setting(
        "MASTER_HOST", (MASTER,), ADDRESS, "127.0.0.1",
        "address to listen on; 0.0.0.0 to take slaves and clients from other hosts",
    ),
    Setting("MASTER_PORT", (MASTER,), PORT, "5000", "port to listen on"),
    Setting(
        "RESULTS_DIR", (MASTER,), PATH, "processed_results",
        "folder of the results, with one folder in it for each task type",
    ),
    Setting(
        "SPOOL_DIR", (MASTER,), PATH, ".spool",
        "folder of the accepted uploads and of the database of jobs; one master at a time can use "
        "it",
    ),
    Setting(
        "SLAVE_TIMEOUT", (MASTER,), number(0.5, 86400, "SECONDS"), "45",
        "seconds of silence on a request to a slave after which the slave counts as lost",
        details="A slave sends bytes while it works, so this does not limit how long a file may "
        "take. A synchronous request (/assign_task) fails its files when no slave was reachable "
        "for that long.",
    ),
    Setting(
        "HEARTBEAT_INTERVAL", (MASTER,), number(0.1, 3600, "SECONDS"), "2",
        "seconds between a slave's heartbeats; after three missed heartbeats the slave is missing",
    ),
    Setting(
        "MAX_ATTEMPTS", (MASTER,), whole(1, 100), "3",
        "how often a file is tried whose worker crashes or fails internally",
        details="Other attempts do not count.",
    ),
    Setting("MAX_FILE_SIZE", (MASTER,), size(1), "2GiB", "largest file"),
    Setting(
        "MAX_JOB_SIZE", (MASTER,), size(1), "100GiB",
        "most bytes in all files of one job, however many requests bring them",
    ),
    Setting(
        "MAX_WAITING_JOBS", (MASTER,), whole(1), "1000",
        "most queued and running jobs at a time; further requests get 503 with Retry-After",
    ),
    Setting(
        "JOB_RETENTION", (MASTER,), number(0, 36500, "DAYS"), "7",
        "days that a finished job's records and uploads are kept; results stay",
    ),
    Setting(
        "DURABILITY", (MASTER,), choice("SCOPE", "full", "process"), "full",
        "what accepted files, results and the database of jobs are safe against: full is a loss of "
        "power too, process the end of processes only",
    ),
    Setting(
        "SCHEDULER_LOG", (MASTER,), PATH, "",
        "file to which the scheduler's events and decisions are written, for replay",
    ),
    Setting(
        "ENGINE", (MASTER,), choice("NAME", "builtin", "dask"), "builtin",
        "who brings files to workers: builtin (slaves that register) or dask (a Dask cluster)",
        details="dask needs requirements-dask.txt; see docs/scaling.md.",
    ),
    Setting(
        "DASK_SCHEDULER", (MASTER,), DASK_ADDRESS, "",
        "address of the Dask scheduler: tcp://192.168.1.10:8786, or tls:// with certificates in "
        "Dask's own configuration",
        default_text="a Dask cluster on this computer, for a try",
    ),
    Setting(
        "MASTER_URL", (SLAVE, CLIENT), URL, "http://localhost:5000",
        "address of the master; without a scheme it is https:// where TLS_CA is set, else http://, "
        "and the port is 5000 where none is named",
    ),
    Setting(
        "SLAVE_IP", (SLAVE,), ADDRESS, "", "address at which the master reaches this slave",
        default_text="the one that this computer uses to reach the master",
    ),
    Setting(
        "SLAVE_HOST", (SLAVE,), ADDRESS, "", "address to listen on",
        default_text="127.0.0.1, or all addresses where CLUSTER_TOKEN is set",
    ),
    Setting(
        "SLAVE_PORT", (SLAVE,), PORT, "", "port to listen on",
        default_text="3000 or the next free one",
    ),
    Setting(
        "SLAVE_WORKERS", (SLAVE,), whole(1, 1024), "", "worker processes",
        default_text="the number of CPUs",
    ),
    Setting(
        "SLAVE_TASK_TYPES", (SLAVE,), names("TYPES", *TASK_TYPES), "",
        "task types that this slave does, separated by commas: image,ocr; it loads no libraries of "
        "the others",
        default_text="all",
    ),
    Setting(
        "FILE_TIMEOUT", (SLAVE,), number(0.1, 7 * 86400, "SECONDS"), "300",
        "seconds that one file may take; of a scanned PDF, one page; of speech, two minutes",
    ),
    Setting(
        # With less than this, the libraries may not load.
        "WORKER_MEMORY", (SLAVE,), size(512 * 1024**2), "2GiB",
        "most memory of one worker, at least 512MiB (enforced on Linux)",
    ),
    Setting(
        "OCR_LANGUAGES", (SLAVE,), TEXT, "eng",
        "languages that OCR reads, by Tesseract's names: eng+deu; each has to be installed",
    ),
    Setting(
        "SPEECH_MODEL", (SLAVE,), PATH, "",
        "folder of a Whisper model for faster-whisper, which writes down speech",
        default_text="the one of requirements-speech.txt, where it is installed",
    ),
    Setting(
        "CLUSTER_TOKEN", ALL, SECRET, "",
        "shared secret of the cluster. Other users of this computer can see command lines: prefer "
        "the variable or .env",
        details="It is the same on the master, on each slave and for the client. Without it, "
        "master and slaves accept calls from this computer only. Create one:\n"
        'python -c "import secrets; print(secrets.token_urlsafe(24))"',
    ),
    Setting(
        "TLS_CERT", (MASTER, SLAVE), PATH, "",
        "file (PEM) of the certificate of this computer, to be called over TLS",
        details="scripts/certificates.py makes one.",
    ),
    Setting("TLS_KEY", (MASTER, SLAVE), PATH, "", "file (PEM) of the key of TLS_CERT"),
    Setting(
        "TLS_CA", ALL, PATH, "",
        "file (PEM) of the authority whose certificates are trusted",
        default_text="those that browsers trust",
    ),
    Setting(
        "ALLOW_PLAIN_HTTP", ALL, FLAG, "0",
        "1 allows the token to be sent unencrypted over HTTP to other hosts",
    ),
    Setting(
        "LOG_LEVEL", (MASTER, SLAVE), choice("LEVEL", "DEBUG", "INFO", "WARNING", "ERROR"), "INFO",
        "least level of what is logged: DEBUG, INFO, WARNING or ERROR; logs go to standard error",
    ),
)  # fmt: skip

SETTINGS: Mapping[str, Setting] = {setting.name: setting for setting in _ROWS}


def settings_of(program: str) -> list[Setting]:
    """Return the settings that a program uses."""
    return [setting for setting in _ROWS if program in setting.users]
