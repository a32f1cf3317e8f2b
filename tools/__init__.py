"""What writes the generated parts of the repository: `make docs` runs them, tests notice drift."""
