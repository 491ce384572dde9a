"""The REST door to the workflow, one module for each subject; routes are in referral/api_urls.py."""
