DEEP = "deep-package"
