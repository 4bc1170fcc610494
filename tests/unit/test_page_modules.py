"""The page's modules: their imports exist, are used and point down; files are short."""

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
DYNAMIC_IMPORT = re.compile(r'\bimport\("(\..+?)"\)\.then\(\s*\(\{ (\w+) \}\)')
LAYERS = ("app.js", "views", "components results upload", "api", "timers.js format.js")
"""Folders and files of the page; each imports only from its own row and those below."""
EXPORT = re.compile(r"^export (?:async )?(?:const|class|function\*?) (\w+)", re.MULTILINE)


def imports(name: str) -> dict[str, set[str]]:
    """Return the names that a module imports, by the module they come from."""
    here = (STATIC / name).parent
    found: dict[str, set[str]] = {}
    dynamic = [(word, path) for path, word in DYNAMIC_IMPORT.findall(MODULES[name])]
    for names, path in [*IMPORT.findall(MODULES[name]), *dynamic]:
        source = (here / path).resolve().relative_to(STATIC).as_posix()
        imported = {word.split(" as ")[0].strip() for word in names.split(",")}
        found.setdefault(source, set()).update(imported)
    return found


def test_modules_are_found() -> None:
    """The other tests have modules and imports to check."""
    assert len(MODULES) > 20
    text = MODULES["app.js"]
    assert text.count("import ") + text.count("import(") == len(imports("app.js"))


@pytest.mark.parametrize("name", list(MODULES))
def test_imported_names_exist_and_are_used(name: str) -> None:
    """Each imported name is exported by its module, and used."""
    text = IMPORT.sub("", MODULES[name])
    for source, imported in imports(name).items():
        assert imported <= set(EXPORT.findall(MODULES[source])), source
    for names, _ in IMPORT.findall(MODULES[name]):
        for word in names.split(","):
            assert re.search(rf"\b{word.split(' as ')[-1].strip()}\b", text), word


@pytest.mark.parametrize("name", list(MODULES))
def test_module_begins_with_its_responsibility_and_is_short(name: str) -> None:
    """A module begins with a sentence, and has at most 200 lines."""
    assert re.match(r"// [A-Z].*\.( \w+\.)?\n", MODULES[name])
    assert len(MODULES[name].splitlines()) <= 200


def test_exported_names_are_imported() -> None:
    """Each exported name is imported somewhere."""
    imported = {
        (source, word)
        for name in MODULES
        for source, names in imports(name).items()
        for word in names
    }
    exported = {(name, word) for name, text in MODULES.items() for word in EXPORT.findall(text)}
    assert exported - imported == set()


def test_imports_have_no_cycles() -> None:
    """No module imports itself, directly or through others."""
    left = {name: set(imports(name)) for name in MODULES}
    while free := {name for name, needs in left.items() if not needs & left.keys()}:
        left = {name: needs for name, needs in left.items() if name not in free}
    assert left == {}


@pytest.mark.parametrize("name", list(MODULES))
def test_imports_point_down(name: str) -> None:
    """A module imports nothing from a layer above its own."""
    assert all(layer(name) <= layer(source) for source in imports(name)), imports(name).keys()


def layer(name: str) -> int:
    """Return the row of ``LAYERS`` that a module belongs to."""
    folder = name.split("/", maxsplit=1)[0]
    return next(row for row, folders in enumerate(LAYERS) if folder in folders.split())
