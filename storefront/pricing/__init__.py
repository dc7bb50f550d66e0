"""What things cost: tax, shipping, discounts and coupons as pure quotes."""
