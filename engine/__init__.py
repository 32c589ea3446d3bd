"""The whole product without a screen: drawing, check, code, training."""
