"""Measures the running system beside what the database alone can do; `python -m bench`."""
