"""Drills: what happens to a shop when many do the same at once, and when processes die. `make chaos`."""
