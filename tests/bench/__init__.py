"""Tests of the bench frame."""
