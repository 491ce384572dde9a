"""Tables of: criteria."""

from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    """What this subject adds."""

    dependencies: ClassVar = [("referral", "0002_row_level_security")]
    operations: ClassVar = []
