"""Plans and events of every kind, and what must be true of each: `python -m tests.fuzz`."""
