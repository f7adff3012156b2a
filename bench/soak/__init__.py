"""The long run: faults and exercises, thousands of times; one table says what was lost, different or grew."""
