NAME = "first"
again = "again"
