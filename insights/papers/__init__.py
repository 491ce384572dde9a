"""Sets the yearly evaluation in type: every indicator with its formula, n, days, target and source."""
