"""What is typed and not saved: kept, given back, told (ADR-0023)."""
