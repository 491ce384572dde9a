"""Tests of numbers: facts, counters, definitions, reports."""
