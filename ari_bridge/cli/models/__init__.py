"""What `ouidire model` can do: one part a file."""
