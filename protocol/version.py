"""The release of this project, as ``--version`` and pyproject.toml give it."""

VERSION = "0.1.0"
