"""Customers out of files, and customers out of order histories."""

from __future__ import annotations

from storefront.customers.service.importing.history import HistoryCustomers, known_customers

__all__ = ["HistoryCustomers", "known_customers"]
