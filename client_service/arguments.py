"""Parses the command line, and formats command lines that resume, follow or cancel a job."""

import argparse
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from client_service import mistakes
from protocol import options
from protocol.settings import command_line
from protocol.settings.declaration import CLIENT, SETTINGS, Option
from protocol.settings.spelling import OPTION_CUTOFF, nearest
from protocol.task_types import TASK_TYPES

AUTO, JOBS, FOLLOW, RETRY, CANCEL, DRILL = "auto", "jobs", "follow", "retry", "cancel", "drill"
SENDING = frozenset({*TASK_TYPES, AUTO})
_WORDS_WITH_JOB = frozenset({FOLLOW, RETRY, CANCEL})
_WORDS = (*TASK_TYPES, AUTO, JOBS, FOLLOW, RETRY, CANCEL, DRILL)
_WORDS_OF_OPTION = {
    "--background": SENDING | {RETRY},
    "--option": frozenset(TASK_TYPES),
    "--output": SENDING | {FOLLOW, RETRY},
    "--resume": SENDING,
}
"""The command words that accept an option."""
_OPTIONS = (*_WORDS_OF_OPTION, "--help", *command_line.option_names(CLIENT))
_JOB_ID = re.compile(r"[A-Za-z0-9_-]{4,64}")
_DESCRIPTION = """\
Send files to the master as a job, wait until all are processed, print the paths of the results.

  MASTER_URL    such as http://localhost:5000 or localhost:5000; by default that of the settings
  TASK_TYPE     {}
  FILE          files, or folders of files
"""
_EPILOG = """\
in place of TASK_TYPE FILE…:
  auto FILE…    a job for each type found, by the files' content
  jobs          list the master's jobs, newest first
  follow JOB    wait for a job and show its summary
  retry JOB     a new job from the failed files of one
  cancel JOB    stop a job
                JOB is a job's id, or its beginning (at least 4 characters)
  drill         failover test: check with sample texts that no file is lost with a slave

In brackets: the environment variable of a setting, which may also stand in .env beside client.py;
an option wins over both. A relative path in an option counts from the current folder.
Exit code: 0 all processed, 1 some failed, 2 nothing was done, 130 Ctrl-C.
"""


def usual_call() -> Sequence[str]:
    """Return interpreter and script; ``client.py`` passes those that the user really called."""
    return "python", "client.py"


@dataclass(frozen=True, slots=True)
class Command:
    """A parsed command line; ``arguments`` are files, or the id of one job.

    ``master_url`` is empty if the settings give it.
    """

    master_url: str
    word: str
    arguments: Sequence[str]
    background: bool = False
    output: Path | None = None
    resume: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    """The options of the job (see ``protocol.options``)."""
    program: Callable[[], Sequence[str]] = usual_call
    """Returns how this client was called: the interpreter and the script."""
    settings: Mapping[str, Option] = field(default_factory=dict)
    """Settings that were given as options, by their names."""

    def given(self) -> Mapping[str, Option]:
        """Return all settings that the command line gave, the master's address included."""
        url = {"MASTER_URL": Option("MASTER_URL", self.master_url)} if self.master_url else {}
        return {**url, **self.settings}

    def resume_command(self, job_id: str) -> str:
        """Return the command line that continues the upload to the job."""
        files = [_escape_dash(name) for name in self.arguments]
        background = ["--background"] if self.background else []
        chosen = [f"--option={name}={value}" for name, value in self.options.items()]
        return self._line(self.word, *background, *chosen, "--resume", job_id, *files)

    def follow_command(self, job_id: str) -> str:
        """Return the command line that follows the job."""
        return self._line(FOLLOW, job_id)

    def cancel_command(self, job_id: str) -> str:
        """Return the command line that cancels the job."""
        return _quoted([*self._command_prefix(), CANCEL, job_id])

    def list_command(self) -> str:
        """Return the command line that lists the master's jobs."""
        return _quoted([*self._command_prefix(), JOBS])

    def _line(self, *words: str) -> str:
        output = ["--output", str(self.output)] if self.output else []
        return _quoted([*self._command_prefix(), words[0], *output, *words[1:]])

    def _command_prefix(self) -> list[str]:
        settings = [_as_option(n, o) for n, o in self.settings.items() if n != "MASTER_URL"]
        return [*self.program(), *settings, *([self.master_url] if self.master_url else [])]


def read(arguments: Sequence[str], program: Callable[[], Sequence[str]] = usual_call) -> Command:
    """Parse the arguments; bad usage prints an error and ends the program with 2."""
    parser = _parser()
    settings: dict[str, Option] = {}
    given, unknown = parser.parse_known_intermixed_args(
        arguments, argparse.Namespace(settings=settings)
    )
    if unknown:
        parser.error(f"unrecognized arguments: {' '.join(unknown)}{_hint(unknown[0])}")
    url, word, *files = _split(parser, given.words)
    if "MASTER_URL" in settings:
        if url:
            parser.error(f"MASTER_URL is given twice: {settings['MASTER_URL'].name} and {url!r}")
        url = settings["MASTER_URL"].text
    limited = {"--background": given.background, "--output": given.output, "--resume": given.resume}
    for option, value in (limited | {"--option": given.option}).items():
        if value and word not in _WORDS_OF_OPTION[option]:
            parser.error(f"{option} does not go with {word}")
    if problem := _problem(word, files, given.resume):
        parser.error(problem)
    try:
        chosen = _job_options(word, given.option)
    except ValueError as error:
        parser.error(str(error))
    return Command(
        url, word, files, given.background, given.output, given.resume, chosen, program, settings
    )


def _job_options(word: str, given: Sequence[str]) -> options.Options:
    """Return the options given as ``name=value``; raise ``ValueError`` with a sentence."""
    pairs = [text.partition("=") for text in given]
    for name, equals, _ in pairs:
        if not equals:
            raise ValueError(f"--option needs NAME=VALUE, such as language=deu, not {name!r}")
    values = {name: value for name, _, value in pairs}
    return options.check(values, TASK_TYPES[word].options) if values else {}


def _split(parser: argparse.ArgumentParser, words: Sequence[str]) -> Sequence[str]:
    """Return MASTER_URL (empty if it was left out), TASK_TYPE, and the other words."""
    if words and words[0] in _WORDS:
        return ["", *words]
    if words and not words[0]:
        # An empty variable of a script must not count as an omitted address.
        parser.error("MASTER_URL: it is empty")
    has_type = len(words) > 1 and words[1] in _WORDS
    if words and not has_type and (meant := nearest(words[0], _WORDS, mistakes.WORD_CUTOFF)):
        # It is more likely a misspelt command word than an address.
        parser.error(f"TASK_TYPE: invalid choice: {words[0]!r}: did you mean {meant[0]}?")
    if len(words) < 2:
        parser.error(f"TASK_TYPE is missing: one of {', '.join(_WORDS)}")
    if not has_type:
        hint = mistakes.of_words(words, _WORDS)
        choices = ", ".join(_WORDS)
        parser.error(f"TASK_TYPE: invalid choice: {words[1]!r}{hint} (choose from {choices})")
    return words


def _problem(word: str, arguments: Sequence[str], resume: str | None) -> str | None:
    if word in SENDING and not arguments:
        return f"{word} needs files, or folders of files"
    if word in _WORDS_WITH_JOB and len(arguments) != 1:
        return f"{word} needs the id of one job, such as jobs lists them"
    if word not in SENDING | _WORDS_WITH_JOB and arguments:
        return f"{word} takes no more than that: {arguments[0]!r} is too much"
    for job_id in [resume] if resume else arguments if word in _WORDS_WITH_JOB else []:
        if not _JOB_ID.fullmatch(job_id):
            return f"{job_id!r} is no id of a job, nor 4 characters or more of one's beginning"
    return None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="client.py",
        usage="client.py [MASTER_URL] TASK_TYPE FILE… [--output DIR] [--background]",
        description=_DESCRIPTION.format(", ".join(TASK_TYPES)),
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    command_line.add_version(parser)
    # One list, split by content: argparse has no optional positional argument before others.
    parser.add_argument("words", nargs="*", help=argparse.SUPPRESS)
    parser.add_argument(
        "--output",
        metavar="DIR",
        type=_folder,
        help="download the results to DIR, in the folders of what was sent",
    )
    parser.add_argument(
        "--background", action="store_true", help="don't wait: send, then print how to follow"
    )
    parser.add_argument(
        "--resume",
        metavar="JOB",
        type=_text,
        help="continue an interrupted upload to JOB",
    )
    parser.add_argument(
        "--option",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        type=_text,
        help="an option of the task type, such as language=deu of ocr; may be given several times",
    )
    command_line.add_options(parser.add_argument_group("settings"), CLIENT)
    return parser


def _hint(unknown: str) -> str:
    if meant := nearest(unknown.partition("=")[0], _OPTIONS, OPTION_CUTOFF):
        return f": did you mean {meant[0]}?"
    return f"; a file of that name is given as {_escape_dash(unknown)}"


def _as_option(name: str, option: Option) -> str:
    """Return the option that gives the setting again; a secret is replaced by its name."""
    kind = SETTINGS[name].kind
    if kind.is_flag:
        return option.name
    return f"{option.name}={name if kind.is_secret else option.text}"


def _text(given: str) -> str:
    # An empty variable of a script must not count as an omitted argument.
    if not given:
        raise argparse.ArgumentTypeError("it is empty")
    return given


def _folder(given: str) -> Path:
    return Path(_text(given))


def _escape_dash(name: str) -> str:
    return os.path.join(".", name) if name.startswith("-") else name  # noqa: PTH118 (a Path drops the dot)


def _quoted(words: Sequence[str]) -> str:
    if os.name == "nt":
        import subprocess

        return subprocess.list2cmdline(words)
    import shlex

    return shlex.join(words)
