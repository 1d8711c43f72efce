"""The only place that names every room: settings, addresses, command line, database, demo."""
