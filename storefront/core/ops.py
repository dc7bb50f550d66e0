"""What operators ask: is it alive, is it ready, how is it doing."""

from __future__ import annotations

from flask import Flask

from storefront.core.settings import Settings


def init_ops(app: Flask, settings: Settings) -> None:
    """Register /healthz, /readyz and /metrics."""
