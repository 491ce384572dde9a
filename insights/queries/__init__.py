"""Reads numbers and the rows behind them."""
