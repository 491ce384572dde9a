"""Tests of what happens when many do the same at once, on real connections."""
