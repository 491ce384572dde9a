"""Migrations of the insights app."""
