"""Carts: lines, merging at sign-in, what is saved for later."""
