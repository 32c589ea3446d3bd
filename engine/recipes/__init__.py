"""How a drawing is trained, as frozen values: data, losses, optimizers, schedules and the rest of the recipe."""
