"""Parsing of command lines, and the command lines that the client prints."""

import os
import shlex
from pathlib import Path

import pytest

from client_service.arguments import Command, read
from protocol.settings.declaration import Option

URL = "http://localhost:5000"


def test_options_may_stand_anywhere() -> None:
    """An option means the same before, between and after the files."""
    expected = Command(URL, "text", ["a", "b"], True, Path("out"), "job1")
    options = ["--background", "--output", "out", "--resume", "job1"]
    for line in (
        [*options, URL, "text", "a", "b"],
        [URL, "text", *options, "a", "b"],
        [URL, "text", "a", *options, "b"],
        [URL, "text", "a", "b", *options],
    ):
        assert read(line) == expected


@pytest.mark.skipif(os.name == "nt", reason="quotes as POSIX shells do")
@pytest.mark.parametrize("files", [["a b.txt", "it's"], ["-x.txt"], ["./-y", "c"]])
def test_resume_command_parses_to_the_same_upload(files: list[str]) -> None:
    """The printed command to resume parses to the same upload."""
    command = Command(URL, "auto", files, True, Path("my results"))
    words = shlex.split(command.resume_command("job1"))
    assert words[:2] == ["python", "client.py"]
    back = read(words[2:])
    assert (back.word, back.background, back.output) == ("auto", True, Path("my results"))
    assert back.resume == "job1"
    assert [os.path.normpath(name) for name in back.arguments] == list(map(os.path.normpath, files))


@pytest.mark.skipif(os.name == "nt", reason="quotes as POSIX shells do")
def test_printed_commands_begin_as_called() -> None:
    """Every printed command begins with the interpreter and the script as they were called."""
    program = ("/my own/python", "../client.py")
    command = read([URL, "text", "a"], lambda: program)
    for line in (
        command.resume_command("job1"),
        command.follow_command("job1"),
        command.cancel_command("job1"),
    ):
        assert line.startswith(f"'/my own/python' ../client.py {URL} ")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["text"], "needs files"),
        (["auto"], "needs files"),
        (["follow"], "needs the id of one job"),
        (["cancel", "a", "b"], "needs the id of one job"),
        (["retry", "../x"], "is no id of a job"),
        (["follow", "abc"], "4 characters or more"),
        (["text", "a", "--resume", "a/b"], "is no id of a job"),
        (["jobs", "a"], "takes no more"),
        (["drill", "a"], "takes no more"),
        (["follow", "job1", "--background"], "--background does not go with follow"),
        (["jobs", "--output", "x"], "--output does not go with jobs"),
        (["retry", "job1", "--resume", "job2"], "--resume does not go with retry"),
        (["video", "a"], "invalid choice"),
        (["text", "a", "--output", ""], "--output: it is empty"),
        (["text", "a", "--resume", ""], "--resume: it is empty"),
        (["text", "-dash.txt", "a"], "a file of that name is given as ./-dash.txt"),
        (["text", "a", "--outptu", "x"], "--outptu x: did you mean --output?"),
        (["text", "a", "--out", "x"], "did you mean --output?"),
        (["text", "a", "--master-url", "h:1"], "MASTER_URL is given twice"),
        (["text", "a", "--cluster-token", ""], "--cluster-token: it is empty"),
    ],
)
def test_bad_usage_is_reported(
    line: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Bad usage prints its reason in the last line, and ends the program with 2."""
    with pytest.raises(SystemExit) as ended:
        read([URL, *line])
    assert ended.value.code == 2
    assert said in capsys.readouterr().err.splitlines()[-1]


def test_address_may_be_that_of_the_settings() -> None:
    """If the first word is a command word, the address is that of the settings."""
    assert read(["text", "a", "--background"]) == Command("", "text", ["a"], True)
    assert read(["text", "text", "jobs"]) == Command("", "text", ["text", "jobs"])
    assert read(["jobs"]).cancel_command("job1") == "python client.py cancel job1"


@pytest.mark.parametrize(("line", "said"), [([], "TASK_TYPE is missing"), ([URL], "is missing")])
def test_missing_words_are_reported(
    line: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a command word, the error lists all of them."""
    with pytest.raises(SystemExit) as ended:
        read(line)
    assert ended.value.code == 2
    error = capsys.readouterr().err
    assert said in error
    assert "follow" in error


def test_empty_address_is_not_the_default(capsys: pytest.CaptureFixture[str]) -> None:
    """An empty argument, from an empty variable of a script, is an error."""
    with pytest.raises(SystemExit):
        read(["", "jobs"])
    assert "MASTER_URL: it is empty" in capsys.readouterr().err


@pytest.mark.parametrize("address", ["localhost:5000", "192.168.1.10:5000", "host", "tex.lan"])
def test_address_needs_no_scheme(address: str) -> None:
    """Any word before a command word is the master's address."""
    assert read([address, "text", "a"]) == Command(address, "text", ["a"])


@pytest.mark.parametrize(("word", "meant"), [("txt", "text"), ("imgae", "image"), ("job", "jobs")])
def test_misspelt_type_is_no_address(
    word: str, meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without an address, a word similar to a task type is reported as misspelt."""
    with pytest.raises(SystemExit):
        read([word, "a.txt"])
    assert f"{word!r}: did you mean {meant}?" in capsys.readouterr().err


def test_settings_may_be_options() -> None:
    """Settings can be given as options; ``--master-url`` is the same as the positional address."""
    command = read(
        ["--tls-ca", "/ca.pem", "--master-url", "h:1", "--allow-plain-http", "text", "a"]
    )
    assert (command.master_url, command.word, command.arguments) == ("h:1", "text", ["a"])
    assert {name: option.text for name, option in command.given().items()} == {
        "TLS_CA": "/ca.pem",
        "MASTER_URL": "h:1",
        "ALLOW_PLAIN_HTTP": "1",
    }
    assert read(["h:1", "jobs"]).given()["MASTER_URL"] == Option("MASTER_URL", "h:1")


@pytest.mark.skipif(os.name == "nt", reason="quotes as POSIX shells do")
def test_printed_commands_have_the_options_but_no_secret() -> None:
    """A printed command repeats the options, with the token's name in place of its value."""
    words = [URL, "--cluster-token", "s3cret", "--tls-ca", "/my ca.pem", "text", "a"]
    line = read(words).follow_command("abcd1")
    assert "s3cret" not in line
    back = read(shlex.split(line)[2:])
    assert (back.master_url, back.word, back.arguments) == (URL, "follow", ["abcd1"])
    assert back.settings["TLS_CA"].text == "/my ca.pem"
    assert back.settings["CLUSTER_TOKEN"].text == "CLUSTER_TOKEN"
