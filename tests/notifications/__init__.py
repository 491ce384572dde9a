"""Tests of the outbox, its delivery, its channels and its API."""
