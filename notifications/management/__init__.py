"""Management package of the notifications app."""
