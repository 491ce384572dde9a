"""The pages of advice before a referral."""
