"""The engine's answers on the command line, a module each: its words, its run, and what it prints."""
