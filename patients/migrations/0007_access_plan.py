"""Lets the question whether a facility sees a patient keep its plan: each submission asks it twice."""

from typing import ClassVar, Final

from django.db import migrations

# A plan over a table with row-level security is made for one role and thrown away when another asks: the
# application asked in a policy of the grants, the owner in referral_alike, so each request planned it twice,
# for longer than all that it does. It runs as the owner now, whoever asks; the owner obeys the same policies
# (FORCE), and these go by the scope, not by the role. A generic plan, since by a patient there are few grants.
KEPT: Final = """
ALTER FUNCTION patients_has_access(uuid) SECURITY DEFINER SET plan_cache_mode = force_generic_plan;
"""
BACK: Final = """
ALTER FUNCTION patients_has_access(uuid) SECURITY INVOKER RESET plan_cache_mode;
"""


class Migration(migrations.Migration):
    """One attribute of one function."""

    dependencies: ClassVar = [("patients", "0006_consultation")]

    operations: ClassVar = [migrations.RunSQL(KEPT, BACK)]
