"""Composition root: settings, addresses, task queue, wiring, and the launcher of `make run`."""
