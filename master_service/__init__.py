"""The master: accepts files, spreads them over the slaves, saves what comes back."""
