"""Fitting: interactions -> arrays. Only this package may import implicit, and only inside functions."""
