"""Management commands of scenarios."""
