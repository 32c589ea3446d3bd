"""What can be seen inside a network while it learns. Every view pays from a budget of time."""
