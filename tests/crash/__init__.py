"""The crash run: a real broker, workers killed and joined while they deliver, and the verifier.

`shop` makes the events and says what must become of each, `publishing` puts them on the bus,
`processes` starts and ends what runs, `driver` plays the run.
"""
