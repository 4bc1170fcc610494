"""Writes the table in docs/settings.md: ``python -m scripts.settings_table``."""

from pathlib import Path

from protocol.settings.declaration import ALL, SETTINGS, Setting

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "settings.md"
_BEGIN = "<!-- settings: python -m scripts.settings_table writes this table -->\n"
_END = "<!-- end of settings -->\n"
_HEAD = "| variable | option | who | default | meaning |\n|---|---|---|---|---|\n"


def with_table(document: str) -> str:
    """Return the document with its table replaced by that of the declaration."""
    before, _, rest = document.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return before + _BEGIN + _HEAD + "".join(map(_row, SETTINGS.values())) + _END + after


def _row(setting: Setting) -> str:
    options = dict.fromkeys(f"`{setting.options(program)[0]}`" for program in setting.users)
    default = f"`{setting.default}`" if setting.default else setting.otherwise
    who = "all" if setting.users == ALL else ", ".join(setting.users)
    cells = (f"`{setting.name}`", ", ".join(options), who, default, setting.help)
    return f"| {' | '.join(cells)} |\n"


def main() -> None:
    """Bring the document up to date."""
    text = DOCUMENT.read_text(encoding="utf-8")
    DOCUMENT.write_text(with_table(text), encoding="utf-8")


if __name__ == "__main__":
    main()
