"""Pure rules of the catalogue: no web, no database, no clock."""
