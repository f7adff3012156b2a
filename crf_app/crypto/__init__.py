"""Hashes, key locks, seals, certificates: the only package that imports `cryptography`."""
