"""What the documents point at is there: files, tests, calls to make, settings."""

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
DOCUMENTS = [
    "README.md",
    "SECURITY.md",
    *(f"docs/{p.name}" for p in (PROJECT / "docs").glob("*.md")),
]
SOURCES = [
    path
    for folder in (
        "protocol",
        "master_service",
        "slave_service",
        "client_service",
        "tests",
        "scripts",
    )
    for path in (PROJECT / folder).rglob("*.py")
]
NAMES = {path.name for path in SOURCES} | {path.name for path in PROJECT.glob("*.py")}
TESTS = {
    name
    for path in SOURCES
    for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
}


def text_of(document: str) -> str:
    return (PROJECT / document).read_text(encoding="utf-8")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document: str) -> None:
    """Every link to a file of the project is to one that is there."""
    folder = (PROJECT / document).parent
    targets = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", text_of(document))
    assert [target for target in targets if not (folder / target).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_modules_and_tests_are_there(document: str) -> None:
    """Every module and every test that is named in code letters exists."""
    named = re.findall(r"`(?:[\w*-]+/)*([\w-]+\.py|test_\w+)`", text_of(document))
    known = NAMES | TESTS
    assert [name for name in named if name not in known] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_make_targets_are_there(document: str) -> None:
    """Every make command is one that the Makefile knows."""
    targets = set(re.findall(r"^([\w-]+):", text_of("Makefile"), re.MULTILINE))
    named = set(re.findall(r"`make ([a-z][\w-]*)", text_of(document)))
    assert named - targets == set()


def test_settings_are_documented() -> None:
    """Every variable of .env.example is in docs/settings.md, and none is made up there."""
    variables = set(re.findall(r"^([A-Z_]+)=", text_of(".env.example"), re.MULTILINE))
    rows = [line for line in text_of("docs/settings.md").splitlines() if line.startswith("| `")]
    told = {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row.split("|")[1])}
    assert told == variables


def test_the_readme_can_be_read_in_five_minutes() -> None:
    """What needs more room has a document of its own."""
    assert len(text_of("README.md").splitlines()) <= 200
