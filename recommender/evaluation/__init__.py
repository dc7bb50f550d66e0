"""How good are the lists? Time-based splits, metrics with intervals, and references in the same process.

Nothing here is loaded at serving. docs/benchmarks/protocol.md writes every choice down.
"""

from __future__ import annotations
