"""Dated national figures and defaults as data; ``planner.policy`` reads them."""
