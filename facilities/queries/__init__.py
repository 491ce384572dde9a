"""Reads of the directory, one module for each subject."""
