"""Settings, URLs and commands: the only place that names every room."""
