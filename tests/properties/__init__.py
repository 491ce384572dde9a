"""Tests of what holds after any sequence of moves."""
