"""What follows from the answers and from the records.  Pure: no database, no window, no clock."""
