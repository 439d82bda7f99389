"""What an agent's code uses, known without importing it."""
