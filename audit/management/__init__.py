"""Management package of the audit app."""
