"""Published methods, each in its plain form. They are what the engine is measured against, so they must be
right: tests recompute small cases by hand, and docs/benchmarks/protocol.md names settings and sources.
"""

from __future__ import annotations
