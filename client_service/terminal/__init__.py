"""What a terminal shows, and takes: progress bars, harmless text, local times, and Ctrl-C."""
