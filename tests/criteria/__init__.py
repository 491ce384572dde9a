"""Tests of the criteria: the data files, the units, the logic, and every rule at its boundary."""
