"""Tests with a real streaming replica."""
