"""Tables of: outside."""

from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    """What this subject adds."""

    dependencies: ClassVar = [("referral", "0004_capacity")]
    operations: ClassVar = []
