"""Keep the ledger and prove it: verify, back up, restore, archive, the clock."""
