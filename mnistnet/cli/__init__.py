"""The command line: options, output, exit status."""
