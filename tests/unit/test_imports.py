"""The rules of imports, layers and environment access, checked in the sources."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

import pytest

from protocol.task_types import TASK_TYPES

PROJECT = Path(__file__).resolve().parents[2]
PROTOCOL, SLAVE, MASTER, CLIENT = "protocol", "slave_service", "master_service", "client_service"
PACKAGES = (PROTOCOL, SLAVE, MASTER, CLIENT)
SERVER = f"{PROTOCOL}.server"
MOST_MODULES = 18
HEAVY = {"PIL", "numpy", "scipy", "sklearn", "nltk", "pytesseract", "soundfile", "pypdfium2"} | {
    *("pi_heif", "av", "resvg_py", "olefile"),
}
DECISION_MODULES = ("scheduler", "assignment", "state", "partition", "slave_health", "events")
PURE = (
    *(f"scheduling.{name}" for name in DECISION_MODULES),
    "storage.model",
    "api.job_json",
    "api.models.cluster",
    "api.models.jobs",
    "api.slave_registration",
    "api.summary",
)


@cache
def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


@cache
def modules(package: str) -> Mapping[str, ast.Module]:
    """Return the parsed sources of a package, subpackages too, by dotted name."""
    folder = PROJECT / package
    return {
        ".".join(path.relative_to(PROJECT).with_suffix("").parts): parse(path)
        for path in sorted(folder.rglob("*.py"))
    }


def product() -> Mapping[str, ast.Module]:
    programs = {name: parse(PROJECT / f"{name}.py") for name in ("master", "slave", "client")}
    return programs | {name: tree for each in PACKAGES for name, tree in modules(each).items()}


@cache
def imported(tree: ast.AST) -> Sequence[str]:
    """Return the dotted names of all that is imported, inside functions too."""
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names += (f"{node.module}.{alias.name}" for alias in node.names)
    return names


def modules_of(package: str, tree: ast.AST) -> set[str]:
    """Return the package's modules that are imported; "" stands for the package itself."""
    names = (name.split(".") for name in imported(tree))
    return {[*name, ""][1] for name in names if name[0] == package}


def imports_package(tree: ast.AST, package: str) -> bool:
    return any(name == package or name.startswith(f"{package}.") for name in imported(tree))


def imports(tree: ast.AST, libraries: Iterable[str]) -> set[str]:
    return {name.split(".")[0] for name in imported(tree)} & set(libraries)


def reads_environment(tree: ast.AST) -> bool:
    wanted = {"environ", "environb", "getenv"}
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return bool(wanted & (attributes | {name.split(".")[-1] for name in imported(tree)}))


def loaded_by(*names: str) -> set[str]:
    """Return the top-level packages that a fresh interpreter has after these imports."""
    code = f"import sys, {', '.join(names)}; print(*{{m.partition('.')[0] for m in sys.modules}})"
    # Measuring coverage imports what it measures.
    env = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=PROJECT,
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


def processors() -> set[str]:
    """Return every module of the slave that the processors of the table are made of."""
    sources = modules(SLAVE)
    found: set[str] = set()
    queue = {task.processor for task in TASK_TYPES.values()}
    while queue:
        name = queue.pop()
        found.add(name)
        names = set(imported(sources[name]))
        needed = names | {name.rpartition(".")[0] for name in names}
        queue |= (needed & sources.keys()) - found
    return found


def test_protocol_loads_no_heavy_libraries() -> None:
    """What all programs share, but for the HTTP server and client, loads no heavy library."""
    light = {name for name in modules(PROTOCOL) if not name.startswith(SERVER)}
    loaded = loaded_by(*sorted(light - {f"{PROTOCOL}.http.sessions"}))
    assert PROTOCOL in loaded
    assert not loaded & (HEAVY | {"flask", "werkzeug", "gevent", "requests"})


def test_help_needs_no_heavy_imports() -> None:
    """Each program reads its command line before it imports what does the work."""
    loaded = loaded_by("master", "slave", "client", "client_service.arguments")
    # What gevent patches must not be loaded before it.
    assert not loaded & (HEAVY | {"flask", "gevent", "requests", "dotenv", "ssl", "socket", MASTER})


def test_client_loads_no_heavy_libraries() -> None:
    """Importing the whole client loads nothing of what serves or processes, nor progress bars.

    Half of its start would be the import of requests.
    """
    slow = {"flask", "werkzeug", "gevent", "requests", "urllib3", "dotenv", "tqdm"}
    assert not loaded_by("client", *modules(CLIENT)) & (HEAVY | slow | {MASTER, SLAVE})


def test_master_processes_nothing() -> None:
    """The whole master, with what it imports late, loads none of the processors' libraries."""
    merging = {task.merge_module for task in TASK_TYPES.values() if task.merge_module}
    assert not loaded_by(f"{MASTER}.app", *sorted(merging)) & (HEAVY | {SLAVE})


@pytest.mark.parametrize(
    ("package", "program", "allowed"),
    [
        (PROTOCOL, None, set()),
        (SLAVE, "slave", {PROTOCOL}),
        (MASTER, "master", {PROTOCOL}),
        (CLIENT, "client", {PROTOCOL}),
    ],
)
def test_programs_share_only_the_protocol(
    package: str, program: str | None, allowed: set[str]
) -> None:
    """Master, slave and client import nothing of each other, and the protocol none of them."""
    trees = {**modules(package), **({program: parse(PROJECT / f"{program}.py")} if program else {})}
    others = set(PACKAGES) - {package} - allowed
    found = {name for name, tree in trees.items() if any(modules_of(each, tree) for each in others)}
    assert found == set()


def test_only_servers_import_the_server() -> None:
    """The HTTP server is for master and slave; neither the client nor the rest needs it."""
    trees = {name: tree for name, tree in product().items() if not name.startswith(SERVER)}
    users = {
        name.partition(".")[0] for name, tree in trees.items() if imports_package(tree, SERVER)
    }
    assert users <= {MASTER, SLAVE, "slave", "master"}


def test_packages_import_one_way() -> None:
    """No package, and no module beside packages, imports itself, directly or through others."""
    imports_of: dict[str, set[str]] = {}
    sources = {name: tree for each in PACKAGES for name, tree in modules(each).items()}
    for name, tree in sources.items():
        names = set(imported(tree))
        needed = (names | {each.rpartition(".")[0] for each in names}) & sources.keys()
        imports_of.setdefault(package_of(name), set()).update(map(package_of, needed))
    for package, others in imports_of.items():
        others.discard(package)
    assert {name for name in imports_of if name in reachable(name, imports_of)} == set()


def package_of(name: str) -> str:
    """Return the package that a module lies in; a module at the top stands for itself."""
    parts = name.removesuffix(".__init__").split(".")
    return ".".join(parts[:-1]) if len(parts) > 2 else ".".join(parts)


def reachable(package: str, imports_of: Mapping[str, set[str]]) -> set[str]:
    """Return all packages that a package imports, directly or through others."""
    found: set[str] = set()
    queue = list(imports_of[package])
    while queue:
        if (name := queue.pop()) not in found:
            found.add(name)
            queue += imports_of.get(name, ())
    return found


def test_packages_have_few_modules() -> None:
    """No package has more than ``MOST_MODULES`` modules."""
    sizes = {
        folder: len(list(folder.glob("*.py")))
        for package in PACKAGES
        for folder in [PROJECT / package, *(PROJECT / package).rglob("*/")]
    }
    assert {folder.name: size for folder, size in sizes.items() if size > MOST_MODULES} == {}


def test_processors_are_found() -> None:
    """The rules for processors look at the modules behind them as well."""
    assert {f"{SLAVE}.{name}" for name in ("formats.images", "formats.pdf.reading")} <= processors()


def test_processors_use_no_network() -> None:
    """A processor turns bytes into a result: no HTTP, no environment, no settings."""
    clients = {"flask", "werkzeug", "requests", "gevent", "socket", "dotenv"}
    for name in sorted(processors()):
        tree = modules(SLAVE)[name]
        assert not imports(tree, clients), name
        assert not modules_of(SLAVE, tree) & {"settings", "workers", "routes", "service"}, name
        assert not modules_of(PROTOCOL, tree) & {"settings", "server", "http"}, name
        assert not reads_environment(tree), name


@pytest.mark.parametrize("name", PURE)
def test_decisions_have_no_side_effects(name: str) -> None:
    """Modules that decide use no clock, no thread, no network and no file."""
    tree = modules(MASTER)[f"{MASTER}.{name}"]
    effects = {"time", "threading", "requests", "socket", "pathlib", "os", "io", "gevent", "flask"}
    assert not imports(tree, effects)
    calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    assert not [call for call in calls if isinstance(call, ast.Name) and call.id == "open"]


def test_environment_is_read_in_one_place() -> None:
    """One module reads the environment; another passes part of it to child processes."""
    readers = {name for name, tree in product().items() if reads_environment(tree)}
    assert readers == {f"{PROTOCOL}.settings.environment", f"{SLAVE}.workers.child_process"}


def test_requests_has_few_users() -> None:
    """The registration and the transport call others with it; one more explains failures.

    The client has no time to import it.
    """
    users = {name for name, tree in product().items() if imports(tree, {"requests"})}
    assert users == {
        f"{SLAVE}.registration",
        f"{PROTOCOL}.http.sessions",
        f"{MASTER}.slaves.transport",
        f"{MASTER}.slaves.reachability",
    }


def test_one_writer_owns_the_results() -> None:
    """Only the settings, the wiring and one writer use the folder of results."""
    trees = modules(MASTER)
    users = {
        name.rpartition(".")[2]
        for name, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "results_dir"
    }
    assert users <= {"app", "settings", "start"}
    makers = [
        n for n, tree in trees.items() if f"{MASTER}.storage.results.Results" in set(imported(tree))
    ]
    assert set(makers) <= {
        f"{MASTER}.{name}"
        for name in (
            "app",
            "api.app_context",
            "jobs.runner",
            "jobs.execution",
            "jobs.progress_recorder",
            "jobs.merging_recorder",
            "jobs.result_saver",
        )
    }


def test_no_code_compares_task_types_by_name() -> None:
    """What distinguishes task types is in their table; no code branches on their names."""

    def is_type(node: ast.expr) -> bool:
        name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
        return name == "task_type"

    def is_name(node: ast.expr) -> bool:
        return any(isinstance(n, ast.Constant) and n.value in TASK_TYPES for n in ast.walk(node))

    comparisons = [
        f"{name}:{node.lineno}"
        for name, tree in product().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare | ast.Match)
        for sides in [_sides(node)]
        if any(map(is_type, sides)) and any(map(is_name, sides))
    ]
    assert comparisons == []


def _sides(node: ast.Compare | ast.Match) -> list[ast.expr]:
    if isinstance(node, ast.Match):
        values = [n.value for n in ast.walk(node) if isinstance(n, ast.MatchValue)]
        return [node.subject, *values]
    return [node.left, *node.comparators]
