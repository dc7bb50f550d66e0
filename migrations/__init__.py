"""Alembic histories of the core: `versions` for the shop, `journal_versions` for behaviour."""
