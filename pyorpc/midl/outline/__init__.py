"""What a file declares, by name: for documentation, comparison and editors."""
