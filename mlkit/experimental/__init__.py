"""Names that scripts import to switch on what is always on here."""
