"""Who may work here, and proves it: accounts, passwords, keys, cards."""
