"""Who could help: providers and services, what is known of them and how they are ranked. Pure."""
