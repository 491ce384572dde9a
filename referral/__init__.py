"""The workflow: a referral's way up and down, and the episode that ties its legs."""
