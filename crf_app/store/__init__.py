"""The encrypted SQLite file of one device, and the vault that holds its keys."""
