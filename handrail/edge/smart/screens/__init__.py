"""What people see of apps: the question whether to let one in, and the lists in the settings."""
