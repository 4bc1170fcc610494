"""The declaration of all settings, and what is derived from it: reading, options, ``--help``."""
