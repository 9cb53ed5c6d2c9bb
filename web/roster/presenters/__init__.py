"""The words of the pages of a roster."""
