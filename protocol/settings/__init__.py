"""The settings of all programs: one declaration, read from options, environment and ``.env``."""
