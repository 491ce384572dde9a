"""Tests of the composition root: health, logs, roles, translations."""
