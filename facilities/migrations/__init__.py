"""Migrations of the facilities app."""
