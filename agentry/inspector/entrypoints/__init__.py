"""Which calls use something of a workspace: the table, and the packages whose calls have to be known."""
