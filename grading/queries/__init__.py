"""Named reads, shared by the console, the API and the metrics."""
