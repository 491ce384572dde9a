"""Re-computes chains and keeps how each was found, so that a page can say it without reading a million events."""

import logging
from collections import Counter
from pathlib import Path
from uuid import UUID

from django.utils import timezone

from audit.models import ChainHead, Verification
from audit.verify import read_seals, verify

logger = logging.getLogger(__name__)


def check(seals: Path, *, chain: UUID | None = None) -> int:
    """Re-compute one chain or all, against their heads and the sealed ones; returns the number of findings.

    What is kept names the head as it was before, so that an event written meanwhile never counts as checked.
    """
    now = timezone.now()
    rows = ChainHead.objects.filter(chain=chain) if chain else ChainHead.objects.all()
    heads = dict(rows.values_list("chain", "seq"))
    sealed = read_seals(seals) if seals.exists() else ()
    found = Counter(finding.chain for finding in verify(chain=chain, sealed=sealed))
    for each in {*heads, *found}:
        Verification.objects.update_or_create(
            chain=each,
            defaults={"seq": heads.get(each, 0), "at": now, "findings": found[each]},
        )
    if found:
        logger.error("%d events of the audit trail do not fit", found.total())
    return found.total()
