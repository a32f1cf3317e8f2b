"""A month of a shop's events, in its own order and in any other, played into the sandbox."""
