"""The REST door to the directory, one module for each subject; routes are in facilities/api_urls.py."""
