"""The version of this project, as ``--version`` and pyproject.toml show it."""

VERSION = "0.1.0"
