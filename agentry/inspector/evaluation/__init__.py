"""What an expression of the agent's code may be, as far as it can be known without running anything."""
