"""The steps, one file each, numbered; a step once released is never edited."""
