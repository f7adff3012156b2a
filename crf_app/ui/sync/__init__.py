"""Bundles, receipts, and what two devices said differently, on screen."""
