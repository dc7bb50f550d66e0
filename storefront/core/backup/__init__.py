"""`regulars backup` and `regulars restore`: one archive that holds a whole shop, made while it runs.

In it: the three stores as of one moment each (the journal first, so that whatever it names stands in the
shop's), every file of the instance that cannot be made again (pictures, models, settings, the signing key),
and a manifest with a checksum of each. Who has the archive has the key that signs the shop's cookies: it is
written readable by its user only.
"""

from __future__ import annotations

from storefront.core.backup.making import back_up
from storefront.core.backup.restoring import finish_interrupted, restore

__all__ = ["back_up", "finish_interrupted", "restore"]
