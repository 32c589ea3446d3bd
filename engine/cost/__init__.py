"""What a drawing costs: parameters, multiply-accumulates, memory, files, and whether this machine has that much."""
