"""The golden book: rows of an invented alliance, and every indicator as a formula of a spreadsheet over them."""
