"""Management commands of referral."""
