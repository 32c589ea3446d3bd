"""From a PyTorch module back to a drawing: follow its forward once, then draw what was called."""
