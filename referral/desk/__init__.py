"""What hospitals and referral offices work with: inbox, arrivals, ready to go down."""
