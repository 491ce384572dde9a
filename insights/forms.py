"""Checks the words in the addresses of the pages; one form for all of them, so that a question can be carried on."""

from rest_framework import serializers

from insights.serializers import RowsQuery

ORDERS = ("label", "-label", "value", "-value", "n", "-n")


class PageQuery(RowsQuery):
    """What the REST door takes, and how a page lists it."""

    order = serializers.ChoiceField(ORDERS, default="-n")
    every = serializers.BooleanField(default=False)
    # Of pages that put several rates side by side; a rate may be named more than once.
    rate = serializers.SlugField(required=False)
    sort = serializers.RegexField(r"^-?[a-z][a-z-]*$", max_length=50, required=False)
