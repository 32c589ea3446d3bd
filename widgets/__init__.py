"""Qt pieces that show engine values and ask for new ones; they know neither each other nor the app."""
