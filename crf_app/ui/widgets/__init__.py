"""Parts that any page may use: buttons, lists, lines, labels.  They know no study."""
