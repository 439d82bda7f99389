"""The engine interface that the commands, reviews and rollouts stand on."""
