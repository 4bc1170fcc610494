"""The page's own modules: imports that exist, run one way, and are used; no file too long."""

import re
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[2] / "master_service" / "ui" / "static"
MODULES = {
    file.relative_to(STATIC).as_posix(): file.read_text(encoding="utf-8")
    for file in sorted(STATIC.rglob("*.js"))
    if "vendor" not in file.parts
}
IMPORT = re.compile(r'^import \{([^}]+)\} from "(\..+?)";$', re.MULTILINE)
EXPORT = re.compile(r"^export (?:async )?(?:const|class|function\*?) (\w+)", re.MULTILINE)


def imports(name: str) -> dict[str, set[str]]:
    """Return what a module takes, by the module it takes it from."""
    here = (STATIC / name).parent
    found: dict[str, set[str]] = {}
    for names, path in IMPORT.findall(MODULES[name]):
        source = (here / path).resolve().relative_to(STATIC).as_posix()
        taken = {word.split(" as ")[0].strip() for word in names.split(",")}
        found.setdefault(source, set()).update(taken)
    return found


def test_there_are_modules() -> None:
    """What the other tests look at is there."""
    assert len(MODULES) > 20
    assert MODULES["app.js"].count("import ") == sum(map(len, [imports("app.js")]))


@pytest.mark.parametrize("name", list(MODULES))
def test_what_is_imported_is_there_and_used(name: str) -> None:
    """Each import names something that its module exports, and that the text uses."""
    text = IMPORT.sub("", MODULES[name])
    for source, taken in imports(name).items():
        assert taken <= set(EXPORT.findall(MODULES[source])), source
    for names, _ in IMPORT.findall(MODULES[name]):
        for word in names.split(","):
            assert re.search(rf"\b{word.split(' as ')[-1].strip()}\b", text), word


@pytest.mark.parametrize("name", list(MODULES))
def test_modules_say_what_they_are_for_and_are_short(name: str) -> None:
    """A module begins with a sentence, and fits into a head."""
    assert re.match(r"// [A-Z].*\.( \w+\.)?\n", MODULES[name])
    assert len(MODULES[name].splitlines()) <= 200


def test_what_is_exported_is_imported() -> None:
    """Nothing is offered that nobody takes."""
    taken = {
        (source, word)
        for name in MODULES
        for source, some in imports(name).items()
        for word in some
    }
    offered = {(name, word) for name, text in MODULES.items() for word in EXPORT.findall(text)}
    assert offered - taken == set()


def test_imports_run_one_way() -> None:
    """No module needs, by way of others, itself."""
    left = {name: set(imports(name)) for name in MODULES}
    while free := {name for name, needs in left.items() if not needs & left.keys()}:
        left = {name: needs for name, needs in left.items() if name not in free}
    assert left == {}
