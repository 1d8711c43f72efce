"""Pure decisions about people: how they are found, and how their details are changed."""
