"""What one does with the library: read it, change a plan, take one in, apply one."""
