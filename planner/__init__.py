"""The planning problem in plain Python: nouns, need, rules, audit, files. Knows no solver and no web."""

import os

__version__ = "0.1.0"

os.environ.setdefault("OPENPYXL_LXML", "False")  # python-docx brings lxml: uploads are still read by defusedxml, which refuses bombs
