"""The preview of a PDF and what is signed with it."""
