"""Walks through a running system as each of its users, and keeps the pictures for docs/tour.md."""
