"""What people do here: sort what arrived, say yes or no to it, see it through."""
