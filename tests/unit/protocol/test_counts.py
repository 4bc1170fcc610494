"""Numbers with their nouns: ``1 file``, ``2 files``, in every message of every program."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from protocol.counts import counted

PROJECT = Path(__file__).resolve().parents[3]
SOURCES = sorted(
    [PROJECT / f"{name}.py" for name in ("master", "slave", "client")]
    + [
        path
        for name in ("protocol", "master_service", "slave_service", "client_service")
        for path in (PROJECT / name).rglob("*.py")
    ]
)
SCRIPTS = sorted(
    path
    for path in (PROJECT / "master_service/ui/static").rglob("*.js")
    if "vendor" not in path.parts
)
NOUNS = (
    "bytes|characters|days|errors|files|jobs|lines|minutes|pages|parts|requests|results|seconds|"
    "sentences|slaves|texts|words|workers"
)
PLURAL = re.compile(rf"^ ({NOUNS})\b")
IN_A_FORMAT = re.compile(rf"%[ds] ({NOUNS})\b")
IN_A_SCRIPT = re.compile(rf"\$\{{(?!LEAST|MOST|MIN|MAX)[^}}]*\}} ({NOUNS})\b")


@pytest.mark.parametrize(
    ("number", "expected"),
    [(0, "0 files"), (1, "1 file"), (2, "2 files"), (1000, "1000 files"), (0.5, "0.5 files")],
)
def test_one_is_singular(number: float, expected: str) -> None:
    """Only the number 1 has the singular."""
    assert counted(number, "file") == expected


def test_plural_may_be_another_word() -> None:
    """The plural can be given, and can include a verb."""
    assert [counted(number, "job is", "jobs are") for number in (1, 2)] == [
        "1 job is",
        "2 jobs are",
    ]


def bad_counts(tree: ast.AST) -> Iterator[str]:
    """Yield the texts in which a plural follows a number that may be 1."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            for value, after in zip(node.values, node.values[1:], strict=False):
                if isinstance(value, ast.FormattedValue) and isinstance(after, ast.Constant):
                    number = ast.unparse(value.value)
                    is_fixed = re.search(r"\b_?[A-Z][A-Z_]+\b|type$", number)
                    if PLURAL.match(str(after.value)) and not is_fixed:
                        yield ast.unparse(node)
        elif isinstance(node, ast.Call) and node.args:
            text = node.args[0]
            if isinstance(text, ast.Constant) and IN_A_FORMAT.search(str(text.value)):
                yield ast.unparse(node)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PROJECT)))
def test_messages_count_with_the_shared_function(path: Path) -> None:
    """No message has a fixed plural after a variable number, which would give "1 files"."""
    assert list(bad_counts(ast.parse(path.read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_page_counts_with_its_shared_function(path: Path) -> None:
    """The page has no fixed plural after a variable number."""
    assert IN_A_SCRIPT.findall(path.read_text(encoding="utf-8")) == []


def test_bad_counts_are_found() -> None:
    """The search finds f-strings, log formats and JavaScript templates; constants are allowed."""
    code = 'f"Sent {heap.files} files"; log.info("starting %d workers", n); f"{_MOST} files"'
    assert len(list(bad_counts(ast.parse(code)))) == 2
    assert IN_A_SCRIPT.search("`Of ${some.length} files`")
