"""Declares every setting of master, slave and client.

A new setting is a row here, a line of ``.env.example``, and a field of ``MasterSettings`` or
``SlaveSettings``. ``python -m scripts.settings_table`` brings docs/settings.md up to date.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from protocol.settings.kinds import (
    ADDRESS,
    FLAG,
    PATH,
    PORT,
    SECRET,
    TEXT,
    URL,
    Kind,
    choice,
    number,
    size,
    whole,
)

MASTER, SLAVE, CLIENT = "master", "slave", "client"
ALL = (MASTER, SLAVE, CLIENT)


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: an environment variable, and an option of each program that uses it.

    ``default`` is text as a user would write it, blank if the program chooses the value itself or
    needs none; ``otherwise`` then describes the default in ``--help``.
    """

    name: str
    users: tuple[str, ...]
    kind: Kind
    default: str
    help: str
    otherwise: str = "none"

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
        "folder of the accepted uploads and the ledger of all jobs; one master at a time",
    ),
    Setting(
        "SLAVE_TIMEOUT", (MASTER,), number(0.5, 86400, "SECONDS"), "45",
        "seconds of silence on a request after which a slave counts as lost, and after which a "
        "waiting request gives up when no slave is left",
    ),
    Setting(
        "HEARTBEAT_INTERVAL", (MASTER,), number(0.1, 3600, "SECONDS"), "2",
        "seconds between a slave's heartbeats; a slave that is silent for three is missing",
    ),
    Setting(
        "MAX_ATTEMPTS", (MASTER,), whole(1, 100), "3",
        "how often a file is tried that crashes its worker",
    ),
    Setting("MAX_FILE_SIZE", (MASTER,), size(1), "2GiB", "largest file"),
    Setting("MAX_JOB_SIZE", (MASTER,), size(1), "100GiB", "most bytes in all files of one job"),
    Setting(
        "MAX_WAITING_JOBS", (MASTER,), whole(1), "1000",
        "most unfinished jobs at a time; further ones are told to come back later",
    ),
    Setting(
        "JOB_RETENTION", (MASTER,), number(0, 36500, "DAYS"), "7",
        "days that a finished job's ledger and uploads are kept; results stay",
    ),
    Setting(
        "SCHEDULER_LOG", (MASTER,), PATH, "",
        "file for every decision about who gets which file, to replay it",
    ),
    Setting(
        "MASTER_URL", (SLAVE, CLIENT), URL, "http://localhost:5000",
        "address of the master; without a scheme it is https:// where TLS_CA is set, else http://, "
        "and the port is 5000 where none is named",
    ),
    Setting(
        "SLAVE_IP", (SLAVE,), ADDRESS, "", "address at which the master reaches this slave",
        otherwise="the one that this computer reaches the master from",
    ),
    Setting(
        "SLAVE_HOST", (SLAVE,), ADDRESS, "", "address to listen on",
        otherwise="127.0.0.1, or all addresses where CLUSTER_TOKEN is set",
    ),
    Setting(
        "SLAVE_PORT", (SLAVE,), PORT, "", "port to listen on",
        otherwise="3000 or the next free one",
    ),
    Setting(
        "SLAVE_WORKERS", (SLAVE,), whole(1, 1024), "", "number of worker processes",
        otherwise="the number of CPUs",
    ),
    Setting(
        "FILE_TIMEOUT", (SLAVE,), number(0.1, 7 * 86400, "SECONDS"), "300",
        "seconds that one file may take",
    ),
    Setting(
        # With less than this, the libraries may not load.
        "WORKER_MEMORY", (SLAVE,), size(512 * 1024**2), "2GiB",
        "most memory of one worker, at least 512MiB (enforced on Linux)",
    ),
    Setting(
        "OCR_LANGUAGES", (SLAVE,), TEXT, "eng",
        "languages that OCR reads, such as eng+deu; each has to be installed",
    ),
    Setting(
        "CLUSTER_TOKEN", ALL, SECRET, "",
        "shared secret of the cluster. Other users of this computer can see command lines: prefer "
        "the variable or .env",
    ),
    Setting(
        "TLS_CERT", (MASTER, SLAVE), PATH, "",
        "file (PEM) of the certificate of this computer, to be called over TLS",
    ),
    Setting("TLS_KEY", (MASTER, SLAVE), PATH, "", "file (PEM) of the key of TLS_CERT"),
    Setting(
        "TLS_CA", ALL, PATH, "",
        "file (PEM) of the authority whose certificates are trusted",
        otherwise="those that browsers trust",
    ),
    Setting(
        "ALLOW_PLAIN_HTTP", ALL, FLAG, "0",
        "let the token travel unencrypted to other hosts",
    ),
    Setting(
        "LOG_LEVEL", (MASTER, SLAVE), choice("LEVEL", "DEBUG", "INFO", "WARNING", "ERROR"), "INFO",
        "least level of what is logged: DEBUG, INFO, WARNING or ERROR",
    ),
)  # fmt: skip

SETTINGS: Mapping[str, Setting] = {setting.name: setting for setting in _ROWS}


def settings_of(program: str) -> list[Setting]:
    """Return the settings that a program uses."""
    return [setting for setting in _ROWS if program in setting.users]
