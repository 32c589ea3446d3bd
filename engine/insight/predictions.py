"""What the network answers to validation examples and to pictures of one's own."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from engine.data import Examples
from engine.events import Floats
from engine.insight.gathering import Gathered, first_column
from engine.insight.inner_values import shown_values
from engine.insight.scene import Scene, array
from engine.insight.scoring import guess
from engine.looks.maps import MOST_NUMBERS
from engine.looks.predictions import (
    MOST_CARD_MAPS,
    MOST_EXAMPLES,
    MOST_PICTURES,
    MOST_PIXELS,
    Answer,
    AnswerTo,
    OwnPicture,
    Pictures,
    PicturesOf,
    Predictions,
    PredictionsOf,
)
from engine.recipes.recipe import TEST_BATCH


def see_predictions(look: PredictionsOf, scene: Scene, step: int) -> Predictions | None:
    """What the last pass through the validation examples found, or a pass of its own; None before the first one."""
    if look.now and (scene.gathered is None or scene.gathered.step != step):
        scene.gathered = _passed(scene, step)
    found = scene.gathered
    if found is None:
        return None
    examples, answers = scene.validation, found.answers
    return Predictions(
        step=found.step,
        look=look,
        labels=first_column(examples.labels[: len(answers)]).cpu().numpy(),
        answers=answers.numpy(),
        confidence=found.confidence,
        examples=len(examples),
        classes=scene.recipe.data.classes or 0,
        probabilities=scene.recipe.loss.wants != "values",
    )


def _passed(scene: Scene, step: int) -> Gathered:
    found, examples = Gathered(scene.recipe, step), scene.validation
    inputs, labels = examples.inputs[:MOST_EXAMPLES], examples.labels[:MOST_EXAMPLES]
    with torch.inference_mode():
        for batch, right in zip(torch.split(inputs, TEST_BATCH), torch.split(labels, TEST_BATCH), strict=True):
            found.add(scene.answer(batch), right)
    return found


def see_pictures(look: PicturesOf, scene: Scene, step: int) -> Pictures:
    """Thumbnails of examples; numbers that there are no examples for are left out."""
    examples = scene.validation
    wanted = [number for number in look.examples[:MOST_PICTURES] if 0 <= number < len(examples)]
    return Pictures(step, look, {number: thumbnail(examples, number) for number in wanted})


def thumbnail(examples: Examples, number: int) -> Floats:
    """One example before normalising, in at most `MOST_PIXELS` along each side, or as a row of numbers."""
    picture = examples.picture(number).float()
    if picture.dim() != 3:
        return array(picture.flatten()[:MOST_NUMBERS])
    longest = max(picture.shape[1:])
    if longest > MOST_PIXELS:
        size = [max(1, round(side * MOST_PIXELS / longest)) for side in picture.shape[1:]]
        picture = F.interpolate(picture[None], size, mode="area")[0]
    return array(picture)


def see_answer(look: AnswerTo, scene: Scene, step: int) -> Answer:
    """What the network makes of a picture of one's own; blocks that it has not are left out."""
    loss = scene.recipe.loss
    with torch.inference_mode():
        seen, outputs = shown_values(scene, own_input(look.picture, scene), look.blocks)
        sure = guess(outputs, loss)[0]
    return Answer(
        step=step,
        look=look,
        picture=look.picture.values,
        guess=array(sure),
        maps={block: _small(value) for block, value in seen.items()},
        probabilities=loss.wants != "values",
    )


def own_input(picture: OwnPicture, scene: Scene) -> torch.Tensor:
    """(1, channels, height, width) as the network gets it. Raises RuntimeError for another size than the data's."""
    examples = scene.validation
    if picture.shape != tuple(examples.inputs.shape[1:]):
        raise RuntimeError(
            f"the picture has the size {picture.shape}, the data have {tuple(examples.inputs.shape[1:])}"
        )
    values = torch.from_numpy(picture.values).to(examples.inputs.device)
    return ((values - examples.offset) / examples.scale)[None]


def _small(value: torch.Tensor) -> Floats:
    """As many maps, and as fine, as a card has room for."""
    one = value[0] if value.dim() > 1 else value
    if one.dim() < 2:
        return array(one[:MOST_NUMBERS])
    one = one[:MOST_CARD_MAPS]
    steps = [max(1, -(-side // MOST_PIXELS)) for side in one.shape[1:]]
    return array(one[(slice(None), *(slice(None, None, step) for step in steps))])
