"""Pages of rates, and of the figures behind them."""
