"""Faxes out and in, by folders that a fax machine or server prints from and scans into."""
