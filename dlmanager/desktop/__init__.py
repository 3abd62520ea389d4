"""The operating system's services: single instance, file manager."""
