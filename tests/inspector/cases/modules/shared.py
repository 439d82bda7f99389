STARRED = "starred"
