"""Tables of: returns."""

from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    """What this subject adds."""

    dependencies: ClassVar = [("referral", "0008_documents")]
    operations: ClassVar = []
