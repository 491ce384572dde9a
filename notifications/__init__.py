"""Outbox, delivery and in-app notices; knows channels and recipients but no domain word."""
