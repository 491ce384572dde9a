"""How evenly a resource lies over regions: indices as pure functions over rows, without a database.

The formulas are those of domain.md §5.6. Every index that a table cannot give is None, with a `Gap` that says why.
"""
