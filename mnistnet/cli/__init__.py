"""The command line: what is typed, what is shown, and how the program ends."""
