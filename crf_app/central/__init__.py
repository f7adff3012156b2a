"""The same ledger in PostgreSQL: receives, never edits."""
