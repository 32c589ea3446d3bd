"""Training: one step, an epoch, a whole run told in events. Needs PyTorch."""
