"""Loads arrangements of real systems from data files, acts a day in them, and fills whole networks."""
