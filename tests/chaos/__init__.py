"""Faults, caused on one machine: `matrix` says which, and which tests cause each of them.

`python -m tests.chaos` runs them and keeps the results; `tools.faults` writes docs/faults.md.
"""
