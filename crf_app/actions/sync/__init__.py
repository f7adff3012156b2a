"""Bundles out, receipts in, and what had to wait or to be decided after them."""
