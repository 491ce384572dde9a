"""What managers work with: the picture of the alliance, and what they set."""
