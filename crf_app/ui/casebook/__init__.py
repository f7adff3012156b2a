"""One subject on one page: the matrix of visits and forms, its tabs and history."""
