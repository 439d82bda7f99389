__all__ = ["ONLY_B", "BOTH"]
ONLY_B, BOTH, UNLISTED = "only-b", "both-b", "unlisted"
