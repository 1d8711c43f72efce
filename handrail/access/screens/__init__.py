"""The settings: people, teams, office hours, keys, and the trail. Plain forms, no JavaScript."""
