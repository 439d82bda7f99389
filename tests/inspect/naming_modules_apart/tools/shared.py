MODEL = "shared"
