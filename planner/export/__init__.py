"""Writes what people take away: partnership workbooks, and CSV folders of the same sheets."""
