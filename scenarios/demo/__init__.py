"""Acts a day of referrals through the HTTP API of the running system, and prints it as people would tell it."""
