"""Tests of the shop and of the engine; README.md says what belongs where."""
