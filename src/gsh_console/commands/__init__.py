"""The commands of `gsh-console`, one room each; they print plain text and hold no rules."""
