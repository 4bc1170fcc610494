"""The page in Chromium, used as a user would; the files mirror ``master_service/ui/static``."""
