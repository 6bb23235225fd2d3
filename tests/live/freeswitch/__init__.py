"""Whole calls on a real FreeSWITCH, where one is installed."""
