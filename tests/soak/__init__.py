"""The soak run: faults of every kind, one after the other, under half of what the workers bear.

`schedule` says from a seed what happens and for how long, `causing` makes it happen, `sampling`
writes down each second how large everything is, `judging` says what grew, `explained` which rows
the events account for, `driver` plays the run, `page` and `picture` tell of it.
`network` stands between the workers and the broker; `watched` is the worker, with its insides
among its metrics, and on demand with a leak.
"""
