"""The recipe of a run as forms: data, loss, optimizer, schedule and the rest."""

from widgets.recipe.editor import RecipeEditor

__all__ = ["RecipeEditor"]
