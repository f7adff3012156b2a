"""The command line: the same actions as the window, for tests, scripts and central."""
