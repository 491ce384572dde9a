"""Invented people for every test; the generator itself lives with the patients it imitates."""

from patients.synthetic import InventedPerson, adults, people, person, resident_id

__all__ = ["InventedPerson", "adults", "people", "person", "resident_id"]
