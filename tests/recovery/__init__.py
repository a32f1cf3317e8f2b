"""Large tables, and workers that die, restart, join and leave: how long a partition is silent."""
