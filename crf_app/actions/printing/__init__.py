"""What goes on paper: forms, the casebook, trail, plots; and the check of a PDF."""
