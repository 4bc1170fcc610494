"""Writes ``.env.example`` and the table in docs/settings.md from the declaration of settings.

``python -m scripts.settings_table``
"""

import textwrap
from pathlib import Path

from protocol.settings.declaration import ALL, MASTER, SETTINGS, SLAVE, Setting

PROJECT = Path(__file__).resolve().parent.parent
DOCUMENT = PROJECT / "docs" / "settings.md"
EXAMPLE = PROJECT / ".env.example"
_BEGIN = "<!-- settings: python -m scripts.settings_table writes this table -->\n"
_END = "<!-- end of settings -->\n"
_HEAD = "| variable | option | who | default | meaning |\n|---|---|---|---|---|\n"
_EXAMPLE_HEAD = """\
# Copy this file to .env beside master.py and slave.py, and change what you need.
# Environment variables take precedence over it, and command-line options over both (--help lists
# them). Every line shows the default; a blank value means the default. Relative paths are relative
# to the program's folder. Sizes are bytes, or have a unit: KB, MB, GB, TB are powers of 1000; KiB,
# MiB, GiB, TiB, and K, M, G, T alone, are powers of 1024.
# (Written by python -m scripts.settings_table.)
"""
_WIDTH = 100


def with_table(document: str) -> str:
    """Return the document with its table replaced by that of the declaration."""
    before, _, rest = document.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return before + _BEGIN + _HEAD + "".join(map(_row, SETTINGS.values())) + _END + after


def example() -> str:
    """Return the text of ``.env.example``: every setting, commented, by the programs' groups."""
    groups: dict[str, list[Setting]] = {"Master": [], "Slave": [], "Several programs": []}
    for setting in SETTINGS.values():
        groups[_group(setting)].append(setting)
    parts = [
        f"# ---- {name} ".ljust(_WIDTH - 10, "-") + "\n" + "".join(map(_example_lines, settings))
        for name, settings in groups.items()
    ]
    return "\n".join([_EXAMPLE_HEAD, *parts])


def _group(setting: Setting) -> str:
    if setting.users == (MASTER,):
        return "Master"
    return "Slave" if setting.users == (SLAVE,) else "Several programs"


def _example_lines(setting: Setting) -> str:
    text = f"{setting.help[0].upper()}{setting.help[1:]}."
    if setting.default_text:
        text += f" Blank: {setting.default_text}."
    comment = "\n".join(map(_wrapped, f"{text} {setting.details}".splitlines()))
    return textwrap.indent(comment, "# ") + f"\n{setting.name}={setting.default}\n"


def _wrapped(text: str) -> str:
    return textwrap.fill(text, _WIDTH - 2, break_long_words=False, break_on_hyphens=False)


def _row(setting: Setting) -> str:
    options = dict.fromkeys(f"`{setting.options(program)[0]}`" for program in setting.users)
    default = f"`{setting.default}`" if setting.default else setting.shown_default
    who = "all" if setting.users == ALL else ", ".join(setting.users)
    cells = (f"`{setting.name}`", ", ".join(options), who, default, setting.help)
    return f"| {' | '.join(cells)} |\n"


def main() -> None:
    """Bring both files up to date."""
    text = DOCUMENT.read_text(encoding="utf-8")
    DOCUMENT.write_text(with_table(text), encoding="utf-8")
    EXAMPLE.write_text(example(), encoding="utf-8")


if __name__ == "__main__":
    main()
