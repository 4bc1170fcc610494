"""Terminal input and output: progress bars, sanitized text, local times, and Ctrl-C."""
