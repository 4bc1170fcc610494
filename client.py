"""The command line: sends files to a master, waits, and tells how it went.

    python client.py MASTER_URL TASK_TYPE FILE…

Exit codes: 0 when every file was processed, 1 when some were not, 2 when nothing was done (bad
usage, a file that is not there, a master that can't be reached or says no).
"""

import argparse
import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from requests_toolbelt import MultipartEncoder, MultipartEncoderMonitor
from tqdm import tqdm

from slave_service.environment import Environment, SettingError, load, read_master_url
from slave_service.session import new_session
from slave_service.task_types import TASK_TYPES
from slave_service.wire import LazyFile, SourceChanged, reason_of

_CONNECT_TIMEOUT_S = 10

Summary = dict[str, Any]
"""The master's answer, as JSON gave it."""

ALL_DONE, SOME_FAILED, NOTHING_DONE = 0, 1, 2


class UsageError(Exception):
    """Nothing was sent, for the reason in the text."""


class MasterError(Exception):
    """The master can't be reached, or says no."""


@dataclass(frozen=True, slots=True)
class Source:
    """One file to send, and the name that it goes by."""

    path: Path
    name: str
    size: int


def find_files(arguments: Sequence[str]) -> list[Source]:
    """Return the files named, and those in the folders named; hidden ones in folders are left out.

    Raises ``UsageError`` when one of them is not there or can't be read.
    """
    found: list[Source] = []
    for argument in arguments:
        path = Path(argument)
        if path.is_dir():
            files = [entry for entry in sorted(path.rglob("*")) if entry.is_file()]
            names = [file.relative_to(path) for file in files]
            found += [
                _source(file, name.as_posix())
                for file, name in zip(files, names, strict=True)
                if not any(part.startswith(".") for part in name.parts)
            ]
        elif path.is_file():
            found.append(_source(path, path.name))
        else:
            raise UsageError(f"{argument}: there is no such file or folder; nothing was sent")
    if not found:
        raise UsageError(f"{', '.join(arguments)}: no files in there; nothing was sent")
    return found


def _source(path: Path, name: str) -> Source:
    if not os.access(path, os.R_OK):
        raise UsageError(f"{path}: this file can't be read; nothing was sent")
    # Linux allows names of bytes that are no Unicode; those bytes could not be sent.
    sent_as = name.encode("utf-8", "replace").decode("utf-8")
    return Source(path, sent_as, path.stat().st_size)


def send(master_url: str, token: str | None, task_type: str, files: Sequence[Source]) -> Summary:
    """Send the files in one request and return the master's summary.

    Raises ``MasterError``. Files are read as they are sent, one open at a time.
    """
    field = TASK_TYPES[task_type].form_field
    parts: list[tuple[str, Any]] = [("task_type", task_type)]
    for file in files:
        content = LazyFile(file.path, file.size)
        parts.append((field, (file.name, content, "application/octet-stream")))
    try:
        with (
            new_session(token) as session,
            _progress(MultipartEncoder(parts), len(files)) as body,
        ):
            response = session.post(
                f"{master_url}/assign_task",
                data=body,
                headers={"Content-Type": body.content_type},
                timeout=(_CONNECT_TIMEOUT_S, None),
            )
    except SourceChanged as error:
        raise UsageError(f"{error}; send it again") from error
    except requests.RequestException as error:
        raise MasterError(
            f"the master at {master_url} can't be reached or broke off: is it running there? "
            f"({reason_of(error)})"
        ) from error
    return _summary(response)


def _summary(response: requests.Response) -> Summary:
    try:
        answer: Summary = response.json()
    except ValueError:
        answer = {}
    if response.ok and "files" in answer:
        return answer
    reason = answer.get("error") or f"HTTP {response.status_code} {response.reason}"
    raise MasterError(f"the master says no: {reason}")


@contextlib.contextmanager
def _progress(encoder: MultipartEncoder, count: int) -> Iterator[Any]:
    """Show how much of the request is sent, where standard error is a terminal."""
    with tqdm(
        total=encoder.len,
        desc=f"Sending {count} files",
        unit="B",
        unit_scale=True,
        unit_divisor=1024,
        disable=not sys.stderr.isatty(),
    ) as bar:

        def show(monitor: MultipartEncoderMonitor) -> None:
            bar.update(monitor.bytes_read - bar.n)
            if monitor.bytes_read == monitor.len:
                bar.set_description_str(f"Sent {count} files; waiting for the results")

        yield MultipartEncoderMonitor(encoder, show)


def show(summary: Summary) -> int:
    """Print the summary as the original client did, then the failures; returns the exit code."""
    print(f"Task Type: {summary['task_type']}")
    print(f"Message: {summary['message']}")
    print(f"Files Processed: {summary['total_files_processed']}")
    print("Saved Files:")
    for path in summary["saved_files"]:
        print(f"  {path}")
    if not summary["failed_files"]:
        return ALL_DONE
    print("Failed Files:")
    for failure in summary["failed_files"]:
        print(f"  {_printable(failure['filename'])} ({failure['code']}): {failure['error']}")
    return SOME_FAILED


def _printable(name: str) -> str:
    """Keep control characters in a file's name from the terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in name)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="client.py",
        description="Send files to the master, wait until all are processed, show where the "
        "results are.",
        epilog="CLUSTER_TOKEN and ALLOW_PLAIN_HTTP are taken from the environment or from .env. "
        "Exit code: 0 all processed, 1 some failed, 2 nothing was done.",
    )
    parser.add_argument("master_url", metavar="MASTER_URL", help="such as http://localhost:5000")
    parser.add_argument(
        "task_type", metavar="TASK_TYPE", choices=TASK_TYPES, help=", ".join(TASK_TYPES)
    )
    parser.add_argument("files", metavar="FILE", nargs="+", help="files, or folders of files")
    return parser


def run(arguments: Sequence[str], env: Environment) -> int:
    """Do what the command line says; returns the exit code."""
    given = _arguments().parse_args(arguments)
    try:
        token = env.token()
        master_url = read_master_url(env, token, given.master_url)
        files = find_files(given.files)
        return show(send(master_url, token, given.task_type, files))
    except (UsageError, SettingError, MasterError) as error:
        print(f"client.py: {error}", file=sys.stderr)
        return NOTHING_DONE


def main() -> int:
    """Run the command line; returns the exit code."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that lacks a letter of a file name shows "?" instead of failing.
        stream.reconfigure(errors="replace")  # type: ignore[union-attr] # both are real streams
    try:
        return run(sys.argv[1:], load(Path(__file__).resolve().parent))
    except SettingError as error:
        print(f"client.py: {error}", file=sys.stderr)
        return NOTHING_DONE
    except KeyboardInterrupt:
        print("client.py: stopped; a master that has all files goes on with them", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
