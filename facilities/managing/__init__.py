"""The pages of managers about institutions: what they look up, and what they set."""
