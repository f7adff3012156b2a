"""Laboratory results: ranges of the site, a pasted report, a file of results."""
