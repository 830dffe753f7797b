"""Pages that put queues and conversations side by side, and a person's own settings."""
