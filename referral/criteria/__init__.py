"""Referral criteria that decide nothing and explain everything: rules as data files, and their evaluator."""
