"""Invented people for every test; the generator itself lives with the patients it imitates."""

from patients.synthetic import InventedPerson, people, person, resident_id

__all__ = ["InventedPerson", "people", "person", "resident_id"]
