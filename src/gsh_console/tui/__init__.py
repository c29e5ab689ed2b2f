"""The screens: they show state and turn keys into entries. No clinical rule and no clinical number lives here."""
