"""A dose that is given: what is stored of it, what is due, what is done."""
