"""The declaration of the settings: their kinds and options, and the documents that list them."""

import re
from pathlib import Path
from typing import get_type_hints

import pytest

from master_service.settings import MasterSettings
from protocol.settings import kinds
from protocol.settings.declaration import ALL, MASTER, SETTINGS, SLAVE, settings_of
from protocol.settings.spelling import nearest
from protocol.version import VERSION
from scripts.settings_table import DOCUMENT, EXAMPLE, example, with_table
from slave_service.settings import SlaveSettings

PROJECT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("text", "size"),
    [
        *[("1024", 1024), ("7B", 7), ("2GB", 2 * 10**9), ("2gb", 2 * 10**9), ("2GiB", 2 << 30)],
        *[("500 MB", 500 * 10**6), ("1.5g", 3 << 29), ("1.5 kb", 1500), ("3T", 3 << 40)],
        *[("1k", 1024), ("1KiB", 1024), ("1M", 1 << 20), ("0.1TB", 10**11), ("0.001kb", 1)],
    ],
)
def test_sizes_take_units(text: str, size: int) -> None:
    """KB is decimal, KiB and K alone are binary, in any case, with or without a space."""
    assert kinds.size(1).read(text) == size


@pytest.mark.parametrize(
    "text",
    ["GB", "1.5", "1,5g", "2 G B", "2GBs", "-1K", "1e3", "2P", "٣", "0x10", "1.k", "9999999T"],
)
def test_malformed_size_is_refused(text: str) -> None:
    """The error quotes a malformed size, and has examples of valid ones."""
    with pytest.raises(ValueError, match=r"must be .*, not") as caught:
        kinds.size(1).read(text)
    assert repr(text) in str(caught.value)


def test_bounds_of_sizes_are_shown_with_units() -> None:
    """The error shows the smallest size with a unit."""
    with pytest.raises(ValueError, match="from 512 MiB to "):
        kinds.size(512 << 20).read("1M")


@pytest.mark.parametrize("program", ALL)
def test_options_are_unambiguous(program: str) -> None:
    """No two settings of a program have an option of the same name."""
    names = [name for setting in settings_of(program) for name in setting.options(program)]
    assert len(names) == len(set(names))
    assert not {"--help", "--version", "--output", "--background", "--resume"} & set(names)


def test_short_option_lacks_the_programs_name() -> None:
    """The short option lacks the name of its own program, but not of another one."""
    assert SETTINGS["MASTER_PORT"].options(MASTER) == ("--port", "--master-port")
    assert SETTINGS["SLAVE_TIMEOUT"].options(MASTER) == ("--slave-timeout",)
    assert SETTINGS["SLAVE_IP"].options(SLAVE) == ("--ip", "--slave-ip")
    assert SETTINGS["MASTER_URL"].options(SLAVE) == ("--master-url",)


def test_defaults_can_be_read() -> None:
    """Every default is a valid text of its setting."""
    for setting in SETTINGS.values():
        if setting.default:
            setting.kind.read(setting.default)


@pytest.mark.parametrize(
    ("program", "settings"), [(MASTER, MasterSettings), (SLAVE, SlaveSettings)]
)
def test_every_setting_is_used(program: str, settings: type) -> None:
    """Each declared setting of a program has a field in its settings class, and vice versa."""
    hints = get_type_hints(settings, include_extras=True).values()
    fields = {hint.__metadata__[0] for hint in hints if hasattr(hint, "__metadata__")}
    elsewhere = {"MASTER_URL", "TLS_CERT", "TLS_KEY", "TLS_CA", "ALLOW_PLAIN_HTTP"}
    declared = {setting.name for setting in settings_of(program)}
    assert fields <= declared
    assert declared - fields <= elsewhere


def test_example_has_every_setting() -> None:
    """``.env.example`` is what ``python -m scripts.settings_table`` writes: each setting once."""
    text = EXAMPLE.read_text(encoding="utf-8")
    assert text == example()
    found = [tuple(line.split("=", 1)) for line in text.splitlines() if re.match(r"[A-Z]", line)]
    assert sorted(found) == sorted((s.name, s.default) for s in SETTINGS.values())
    assert max(map(len, text.splitlines())) <= 100


def test_document_has_the_table() -> None:
    """The table in docs/settings.md is the one that ``python -m scripts.settings_table`` writes."""
    text = DOCUMENT.read_text(encoding="utf-8")
    assert text == with_table(text)
    assert all(f"| `{name}` |" in text for name in SETTINGS)


def test_version_is_that_of_the_project() -> None:
    """``--version`` and pyproject.toml have the same version."""
    assert f'\nversion = "{VERSION}"\n' in (PROJECT / "pyproject.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("--prot", ["--port"]),
        ("--MASTER_PORT", ["--master-port"]),
        ("--token", ["--cluster-token"]),
        ("verison", ["--version"]),
        ("xyzzy", []),
        ("", []),
    ],
)
def test_nearest_option(word: str, meant: list[str]) -> None:
    """Case, dashes and underscores are ignored; the end of a name is enough."""
    known = ["--port", "--master-port", "--cluster-token", "--version"]
    assert nearest(word, known, 0.6) == meant
