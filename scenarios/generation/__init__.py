"""Fills a whole invented network with years of referrals, by COPY."""
