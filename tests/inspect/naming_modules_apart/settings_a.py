ONLY_A, BOTH, _PRIVATE = "only-a", "both-a", "private"
