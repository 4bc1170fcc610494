"""Parses the command lines of master and slave, and adds the options of settings to the client's.

This imports no heavy modules, so that ``--help`` is quick, and so that ``gevent`` can patch the
standard library afterwards.
"""

import argparse
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from protocol.settings.declaration import SLAVE, Option, Setting, settings_of
from protocol.settings.spelling import OPTION_CUTOFF, nearest
from protocol.version import VERSION

BAD_USAGE = 2
_GENERAL = ("--help", "--version")
_ABOUT = {
    "master": "Run the master, which takes files over HTTP and splits them over its slaves.",
    "slave": "Run a slave, which registers with the master and processes files for it.\n\n"
    "  MASTER_URL    address of the master, the same as --master-url: http://192.168.1.10:5000",
}
_EPILOG = """\
In brackets: the environment variable of the same setting, and its default. The variable may also
be set in a file .env beside {program}.py. An option wins over the environment, and the environment
over .env. An option may also begin with the program's name, as its variable does:
--{program}-port.

A relative path is relative to the current folder in an option, and to the folder of {program}.py
in the environment and in .env. A size is a number of bytes, or has a unit: KB, MB, GB, TB are
powers of 1000; KiB, MiB, GiB, TiB, and K, M, G, T alone, are powers of 1024.
"""


def read(program: str, arguments: Sequence[str]) -> Mapping[str, Option]:
    """Return the options given on the command line, by the names of their settings.

    Exits after ``--help`` and ``--version``, and with code 2 and one line after bad usage.
    """
    namespace = argparse.Namespace(settings={})
    try:
        _, rest = _parser(program).parse_known_args(arguments, namespace)
    except argparse.ArgumentError as error:
        _refuse(program, f"{error.argument_name}: {error.message}{_dash_hint(error)}")
    options: dict[str, Option] = namespace.settings
    unknown = next(
        (argument.partition("=")[0] for argument in rest if argument.startswith("-")), None
    )
    if unknown is not None:
        _refuse(program, f"unknown option {unknown}{hint(unknown, option_names(program))}")
    return options | _positional(program, rest, options)


def add_options(group: "argparse._ActionsContainer", program: str) -> None:
    """Add an option for each setting of the program to a parser, or to a group of one.

    The parser stores the options in ``settings`` of the namespace, by the names of the settings.
    """
    for setting in settings_of(program):
        short, *full = setting.options(program)
        negative = [f"--no-{short[2:]}"] if setting.kind.is_flag else []
        group.add_argument(
            short, *negative, action=_StoreOption, setting=setting, help=_help(setting)
        )
        for name in full:
            group.add_argument(name, action=_StoreOption, setting=setting, help=argparse.SUPPRESS)


def add_version(parser: argparse.ArgumentParser) -> None:
    """Add the option ``--version`` to a parser."""
    about = f"file-processing-cluster {VERSION}"
    parser.add_argument("--version", action="version", version=about, help="show the version")


def option_names(program: str) -> list[str]:
    """Return the names of the program's options for settings, and the general options."""
    names = [name for setting in settings_of(program) for name in setting.options(program)]
    return [*names, *_GENERAL]


def hint(argument: str, known: Iterable[str]) -> str:
    """Return the end of an error message: which option may have been meant."""
    meant = nearest(argument.partition("=")[0], known, OPTION_CUTOFF)
    return f": did you mean {' or '.join(meant)}?" if meant else " (--help lists the options)"


def _positional(
    program: str, arguments: Sequence[str], options: Mapping[str, Option]
) -> dict[str, Option]:
    """Return the address that a slave accepts as its only argument; refuse other arguments."""
    if not arguments:
        return {}
    known = option_names(program)
    argument = arguments[1] if program == SLAVE and len(arguments) > 1 else arguments[0]
    if program != SLAVE or len(arguments) > 1 or f"--{argument}" in known:
        _refuse(program, f"unexpected argument {argument!r}{hint(argument, known)}")
    if not argument.strip():
        # An empty variable in a script must not count as no argument.
        _refuse(program, "MASTER_URL: it is empty")
    if "MASTER_URL" in options:
        _refuse(
            program, f"MASTER_URL is given twice: {options['MASTER_URL'].name} and {argument!r}"
        )
    return {"MASTER_URL": Option("MASTER_URL", argument.strip())}


def _dash_hint(error: argparse.ArgumentError) -> str:
    # argparse takes a value that begins with a dash, as a token may, for an option.
    name = error.argument_name
    return f" (one that begins with a dash: {name}=VALUE)" if "expected" in error.message else ""


def _refuse(program: str, problem: str) -> NoReturn:
    sys.stderr.write(f"{program}.py: {problem}\n")
    sys.exit(BAD_USAGE)


def _parser(program: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"{program}.py",
        usage=f"{program}.py [OPTION ...]{' [MASTER_URL]' if program == SLAVE else ''}",
        description=_ABOUT[program],
        epilog=_EPILOG.format(program=program),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
        exit_on_error=False,
    )
    add_version(parser)
    add_options(parser.add_argument_group("settings"), program)
    return parser


def _help(setting: Setting) -> str:
    return f"{setting.help} [{setting.name}; default: {setting.shown_default}]".replace("%", "%%")


class _StoreOption(argparse.Action):
    """Stores the value of a setting's option with the option name that the user wrote."""

    def __init__(self, *, setting: Setting, option_strings: Sequence[str], **others: Any) -> None:  # noqa: ANN401 (argparse's own)
        kind = setting.kind
        others |= {"nargs": 0 if kind.is_flag else None, "metavar": kind.metavar or None}
        super().__init__(option_strings, **(others | {"default": argparse.SUPPRESS}))
        self._setting = setting

    def __call__(
        self,
        parser: argparse.ArgumentParser,  # noqa: ARG002 (argparse calls it so)
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> None:
        """Store the value; raises ``ArgumentError`` if it is empty."""
        name = option_string or self.option_strings[0]
        kind = self._setting.kind
        text = str(int(not name.startswith("--no-"))) if kind.is_flag else str(values).strip()
        if not text:
            # An empty variable in a script must not mean the default.
            raise argparse.ArgumentError(self, "it is empty")
        if kind.is_path:
            text = str(Path.cwd() / text)
        namespace.settings[self._setting.name] = Option(name, text)
