"""Made-up studies, subjects and a whole made-up site, from a seed."""
