"""The makers of words for the pages of a plan: figures in, frozen views out. Templates do no sums."""
