"""What a person sees: progress, tables, summaries, and Ctrl-C."""
