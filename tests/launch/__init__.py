"""Tests of the launcher: real servers, killed and started again."""
