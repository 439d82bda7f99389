"""The Files API, and presigned addresses for its content."""
