"""Commands of the facilities app."""
