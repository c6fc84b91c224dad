"""The policy engine: pure Python, a library and a command line of its own."""
