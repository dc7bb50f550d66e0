"""The steps from the cart to the placed order."""
