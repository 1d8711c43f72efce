"""The page of a receiver: opened by a link or a code, without an account, without JavaScript."""
