"""The planning problem in plain Python: nouns, need, rules, audit, files. Knows no solver and no web."""

__version__ = "0.1.0"
