"""What a person can do, one function each.  The window and the command line both call these."""
