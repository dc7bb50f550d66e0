"""The plugin manager: one per app. Features and plugins implement the hooks of `storefront.hookspecs`."""

from __future__ import annotations

import importlib.util
from importlib import import_module
from types import ModuleType

import pluggy
from flask import Flask, current_app

from storefront import hookspecs


def init_plugins(app: Flask) -> pluggy.PluginManager:
    """Make the app's manager and teach it every hook."""
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    app.extensions["regulars_plugins"] = manager
    return manager


def register_feature(manager: pluggy.PluginManager, feature: str) -> None:
    """Register the listeners of one of our own features, if it has any."""
    module = feature_module(feature, "listeners")
    if module is not None:
        manager.register(module, name=feature)


def feature_module(feature: str, name: str) -> ModuleType | None:
    """`storefront.<feature>.<name>`, or None when the feature has no such file."""
    path = f"storefront.{feature}.{name}"
    return import_module(path) if importlib.util.find_spec(path) else None


def hooks() -> pluggy.HookRelay:
    """The hook caller of the running shop: `hooks().register_strips(page=..., context=...)`."""
    return current_app.extensions["regulars_plugins"].hook


def collect(name: str, **arguments: object) -> list:
    """Call a `register_` hook and join the lists that come back, in order of registration."""
    found: list = []
    # pluggy calls the last registered first; features read better in the order of the house.
    for part in reversed(getattr(hooks(), name)(**arguments)):
        found.extend(part or [])
    return found
