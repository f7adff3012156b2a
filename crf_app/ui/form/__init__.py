"""A form on screen: its rows, fields, what opens under a field, the panel at the right."""
