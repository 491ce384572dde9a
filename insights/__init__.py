"""Measures: rates with the rows behind them, read from what the lower apps have written."""
