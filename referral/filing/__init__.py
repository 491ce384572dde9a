"""Filing a referral: finding the person, and the one page that is written and sent."""
