"""Reading, staging, applying and undoing files of rows: the engine, without a business word in it."""
