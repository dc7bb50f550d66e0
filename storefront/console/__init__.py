"""The frame for owners: who may, menu, search, audit."""
