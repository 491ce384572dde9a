"""Shapes of what the REST door takes and gives, one module for each subject."""
