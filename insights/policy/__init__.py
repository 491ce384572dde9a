"""Says who may see which numbers, and who may bring in figures."""
