"""Pages and actions of the inbox itself. The page around a conversation is the downstream stage's."""
