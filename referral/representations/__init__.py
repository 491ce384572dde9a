"""Rows as the API and the pages give them out, one module for each subject."""
