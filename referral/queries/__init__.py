"""What is read, one module for each subject; boxes, lists and details of referrals in referrals.py."""
