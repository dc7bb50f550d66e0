"""Results as pages: tables in words, charts in SVG, one HTML file that needs nothing else."""

from __future__ import annotations
