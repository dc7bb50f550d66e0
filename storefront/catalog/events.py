"""What happened in the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class ReleasePublished:
    """A new version of a product is out. Sent once per (product, version), not for imported history."""

    product_id: int
    version: str
    published_at: datetime
