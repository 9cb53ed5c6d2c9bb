"""Where people, documents, runs and events are kept."""
