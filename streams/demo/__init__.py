"""The demo: a shop's day through an embedded broker, the sandbox and a worker."""
