SMALL = "small"
