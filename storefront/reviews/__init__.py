"""Wish lists and back-in-stock requests."""
