"""Tables of: consent."""

from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    """What this subject adds."""

    dependencies: ClassVar = [("patients", "0003_past_row_level_security")]
    operations: ClassVar = []
