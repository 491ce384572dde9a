"""Starts the product on a machine that has nothing but Python: servers, assets, web, worker and beat."""
