"""Who may do what, and why not, one module for each subject; what is about the referral itself in referrals.py."""
