"""Pure rules of orders and of imported order histories."""
