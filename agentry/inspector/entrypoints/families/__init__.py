"""The rows by family of packages: adding a row is adding data to one of these files, and a case in tests/inspect."""
