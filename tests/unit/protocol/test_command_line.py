"""The command lines of master and slave: settings, mistakes, and help."""

from pathlib import Path

import pytest

from protocol.settings.command_line import read
from protocol.settings.declaration import ALL, MASTER, SLAVE, Option, settings_of


def refused(program: str, *words: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Check that a command line is refused with code 2 and one line; return the line."""
    with pytest.raises(SystemExit) as ended:
        read(program, words)
    assert ended.value.code == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    assert line.startswith(f"{program}.py: ")
    return line


@pytest.mark.parametrize("words", [("--port", "5001"), ("--port=5001",), ("--port= 5001 ",)])
def test_option_keeps_the_name_that_the_user_wrote(words: tuple[str, ...]) -> None:
    """The short and the full option set the same setting; the last one wins."""
    assert read(MASTER, words) == {"MASTER_PORT": Option("--port", "5001")}
    assert read(SLAVE, words) == {"SLAVE_PORT": Option("--port", "5001")}
    full = read(MASTER, [*words, "--master-port", "5002"])
    assert full == {"MASTER_PORT": Option("--master-port", "5002")}


def test_flag_can_be_switched_on_and_off() -> None:
    """A flag takes no value, so that an argument may follow; --no- switches it off."""
    on = read(SLAVE, ["--allow-plain-http", "localhost:5000"])
    assert on["ALLOW_PLAIN_HTTP"] == Option("--allow-plain-http", "1")
    assert on["MASTER_URL"] == Option("MASTER_URL", "localhost:5000")
    off = read(SLAVE, ["--no-allow-plain-http"])
    assert off == {"ALLOW_PLAIN_HTTP": Option("--no-allow-plain-http", "0")}


def test_paths_are_relative_to_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relative path in an option is relative to the current folder, as the shell completes it."""
    monkeypatch.chdir(tmp_path)
    options = read(MASTER, ["--spool-dir", "spool", "--results-dir", "/results"])
    assert options["SPOOL_DIR"].text == str(tmp_path / "spool")
    assert options["RESULTS_DIR"].text == "/results"


@pytest.mark.parametrize("words", [("h:5000", "--port", "1"), ("--port", "1", "h:5000")])
def test_slave_takes_the_masters_address(words: tuple[str, ...]) -> None:
    """The address may precede or follow the options."""
    assert read(SLAVE, words)["MASTER_URL"] == Option("MASTER_URL", "h:5000")


@pytest.mark.parametrize(
    ("program", "words", "expected"),
    [
        (MASTER, ["--prot", "5001"], "unknown option --prot: did you mean --port?"),
        (MASTER, ["--por", "5001"], "unknown option --por: did you mean --port?"),
        (MASTER, ["--master_port=5001"], "did you mean --master-port?"),
        (MASTER, ["--workers", "2"], "unknown option --workers"),
        (MASTER, ["--xyzzy"], "unknown option --xyzzy (--help lists the options)"),
        (MASTER, ["-p", "1"], "unknown option -p"),
        (MASTER, ["http://localhost:5000"], "unexpected argument 'http://localhost:5000'"),
        (MASTER, ["MASTER_PORT=1"], "'MASTER_PORT=1': did you mean --master-port?"),
        (SLAVE, ["--prot", "5001"], "unknown option --prot: did you mean --port?"),
        (SLAVE, ["help"], "unexpected argument 'help': did you mean --help?"),
        (SLAVE, ["h:1", "h:2"], "unexpected argument 'h:2'"),
        (
            SLAVE,
            ["h:1", "--master-url", "h:2"],
            "MASTER_URL is given twice: --master-url and 'h:1'",
        ),
        (SLAVE, [""], "MASTER_URL: it is empty"),
        (SLAVE, ["--port", ""], "--port: it is empty"),
        (SLAVE, ["--port"], "--port: expected one argument"),
        (SLAVE, ["--cluster-token", "-x"], "--cluster-token=VALUE"),
        (SLAVE, ["--allow-plain-http=1"], "--allow-plain-http"),
    ],
)
def test_bad_usage_is_one_line(
    program: str, words: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """An unknown, extra or empty argument is named, with the option that was probably meant."""
    assert expected in refused(program, *words, capsys=capsys)


def test_refusal_shows_no_secret(capsys: pytest.CaptureFixture[str]) -> None:
    """The value of a misspelt option is not repeated."""
    assert "s3cret" not in refused(SLAVE, "--token=s3cret", capsys=capsys)


@pytest.mark.parametrize("program", [name for name in ALL if name != "client"])
def test_help_lists_every_setting(program: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The help has each setting with its option, variable and default, and the general rules."""
    with pytest.raises(SystemExit) as ended:
        read(program, ["--help"])
    assert ended.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    for setting in settings_of(program):
        default = setting.shown_default
        assert f"{setting.options(program)[0]}" in text
        assert f"[{setting.name}; default: {default}]" in text
    for rule in ("powers of 1024", "current folder", "can see command lines"):
        assert rule in text
