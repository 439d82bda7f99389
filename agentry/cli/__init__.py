"""The `agentry` command, one file per subcommand."""
