"""What the first page is made of: counts, visits, what is asked of the person."""
