"""What a simulation takes for granted, in words that stand beside its figures."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ASSUMPTIONS: Final[tuple[Promise, ...]] = (
    _(
        "Arrivals are drawn day by day about the mean of the weekday and urgency; holidays are not known."
    ),
    _("All sessions of a department on one day count together."),
    _("On each day other patients ask first, then referrals in the order of urgency and time."),
    _(
        "Everybody takes the earliest place; nobody prefers a later day, gives up waiting or rebooks."
    ),
    _("Referrals take reserved places first; what is released in time can be taken by everybody."),
    _("A declined referral leaves the simulation; it is not sent on."),
    _("Who does not come leaves the place unused and does not come again."),
    _(
        "While a department is closed, its demand goes to the next one named for it, if that is open."
    ),
    _("Other places and shares hold from the beginning, so that two steady states are compared."),
    _("Who has no place at the end counts with the days waited so far."),
)
