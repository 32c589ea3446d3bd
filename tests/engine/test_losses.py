"""Losses are PyTorch's: names, defaults, numbers, class weights, and what counts in a mean over several batches."""

import inspect

import pytest
import torch
from torch import nn

from engine.insight.scoring import chosen, guess
from engine.recipes.data_sets import Box, DataSet, Diabetes, Digits, Mnist, Spiral
from engine.recipes.heads import Head
from engine.recipes.losses import (
    LOSSES,
    BCEWithLogitsLoss,
    CrossEntropyLoss,
    GaussianNLLLoss,
    HingeEmbeddingLoss,
    KLDivLoss,
    Loss,
    MSELoss,
    MultiLabelMarginLoss,
    MultiMarginLoss,
    NLLLoss,
    PoissonNLLLoss,
    SoftMarginLoss,
    Weighted,
)
from engine.training.criterion import OWN, Criterion

LABELS = torch.tensor([0, 1, 1, 1, 0, 1])
TEN = torch.tensor([0, 9, 3, 3, 3, 1, 0, 2, 4, 5, 6, 7, 8, 3])


def answers(loss: Loss, width: int, count: int) -> torch.Tensor:
    """What a network could say, as the loss wants it."""
    raw = torch.randn(count, width, generator=torch.Generator().manual_seed(0))
    ends = {"logits": raw, "values": raw, "probabilities": raw.sigmoid(), "log-probabilities": raw.log_softmax(1)}
    return ends[loss.wants]


def criterion(loss: Loss, data: DataSet, labels: torch.Tensor) -> Criterion:
    return Criterion((Head(loss=loss),), data, labels)


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_has_pytorchs_name_and_defaults(name: str) -> None:
    kind, signature = LOSSES[name], inspect.signature(getattr(nn, name)).parameters
    for row in kind.params():
        if row.name not in OWN:
            assert signature[row.name].default == row.default, row.name
    assert kind.title and kind.summary().endswith(".")


def by_hand(loss: Loss, outputs: torch.Tensor, labels: torch.Tensor, classes: int) -> torch.Tensor:
    """The same loss as a person would write it with PyTorch alone."""
    rows = nn.functional.one_hot(labels, classes).float()
    zero_one = labels.float()[:, None] if outputs.shape[1] == 1 else rows
    padded = torch.cat([labels[:, None], torch.full((len(labels), classes - 1), -1)], 1)
    plain = getattr(nn, loss.kind())
    match loss:
        case CrossEntropyLoss() | NLLLoss() | MultiMarginLoss():
            return torch.as_tensor(plain()(outputs, labels))
        case SoftMarginLoss() | HingeEmbeddingLoss():
            return torch.as_tensor(plain()(outputs, 2 * zero_one - 1))
        case MultiLabelMarginLoss():
            return torch.as_tensor(plain()(outputs, padded))
        case KLDivLoss():
            return torch.as_tensor(plain(reduction="batchmean")(outputs, rows))
        case GaussianNLLLoss():
            mean, log_variance = outputs.chunk(2, 1)
            aims = zero_one if mean.shape[1] == 1 else rows
            wanted = labels.float()[:, None] if mean.shape[1] == 1 else aims
            return torch.as_tensor(plain()(mean, wanted, log_variance.exp()))
    return torch.as_tensor(plain()(outputs, zero_one))


@pytest.mark.parametrize("kind", LOSSES.values(), ids=LOSSES)
@pytest.mark.parametrize(("data", "labels"), [(Spiral(), LABELS), (Digits(), TEN)], ids=["two", "ten"])
def test_every_loss_on_classes_is_pytorchs(kind: type[Loss], data: DataSet, labels: torch.Tensor) -> None:
    loss, (width,) = kind(), kind().output_shape(data)
    outputs, own = answers(loss, width, len(labels)), criterion(loss, data, labels)
    assert data.classes is not None
    assert torch.equal(own.measure(outputs, own.targets(labels)), by_hand(loss, outputs, labels, data.classes))
    picked = chosen(outputs, loss)
    assert picked.shape == labels.shape and set(picked.tolist()) <= set(range(data.classes))
    sure = guess(outputs, loss)
    if loss.wants != "values":
        assert sure.shape == (len(labels), data.classes) and bool(((sure >= 0) & (sure <= 1)).all())


@pytest.mark.parametrize("kind", LOSSES.values(), ids=LOSSES)
def test_every_loss_on_plain_numbers_is_pytorchs_or_refused_in_words(kind: type[Loss]) -> None:
    loss, data, targets = kind(), Diabetes(), torch.tensor([[1.5], [2.0], [0.5]])
    if not loss.for_values:
        with pytest.raises(ValueError, match=f"{kind.kind()} needs classes, but Diabetes has plain numbers; try MSE"):
            loss.output_shape(data)
        return
    (width,) = loss.output_shape(data)
    outputs, own = answers(loss, width, 3), criterion(loss, data, targets)
    if isinstance(loss, GaussianNLLLoss):
        expected = nn.GaussianNLLLoss()(outputs[:, :1], targets, outputs[:, 1:].exp())
    else:
        expected = getattr(nn, kind.kind())()(outputs, targets)
    assert torch.equal(own.measure(outputs, own.targets(targets)), expected)


def test_what_counts_means_its_number() -> None:
    outputs = torch.tensor([[0.2, 5.0], [1.0, -1.0]])
    assert torch.equal(guess(outputs, PoissonNLLLoss()), outputs.exp())
    assert torch.equal(guess(outputs, PoissonNLLLoss(log_input=False)), outputs)
    assert torch.equal(guess(outputs, GaussianNLLLoss()), outputs[:, :1])
    assert chosen(torch.tensor([[0.1], [0.9]]), HingeEmbeddingLoss()).tolist() == [1, 0]
    assert chosen(torch.tensor([[-1.0], [-0.5]]), PoissonNLLLoss()).tolist() == [0, 1]


@pytest.mark.parametrize("kind", [kind for kind in LOSSES.values() if issubclass(kind, Weighted)])
def test_class_weights_are_pytorchs(kind: type[Weighted]) -> None:
    numbers = tuple(float(1 + number % 3) for number in range(10))
    counts = torch.bincount(TEN, minlength=10)
    for loss, weight in (
        (kind(weight=numbers), torch.tensor(numbers)),
        (kind(balanced=True), (len(TEN) / (10 * counts)).float()),
    ):
        outputs, own = answers(loss, 10, len(TEN)), criterion(loss, Digits(), TEN)
        plain = getattr(nn, kind.kind())(weight=weight)
        aims = own.targets(TEN)
        assert torch.equal(own.measure(outputs, aims), plain(outputs, aims))


def test_a_mean_over_several_batches_is_the_mean_over_all() -> None:
    for loss in (CrossEntropyLoss(balanced=True), NLLLoss(balanced=True), MultiMarginLoss(balanced=True), MSELoss()):
        outputs, own = answers(loss, 10, len(TEN)), criterion(loss, Digits(), TEN)
        total, share = 0.0, 0.0
        for part in (slice(0, 9), slice(9, None)):
            targets = own.targets(TEN[part])
            total += float(own.measure(outputs[part], targets)) * own.share(targets)
            share += own.share(targets)
        assert total / share == pytest.approx(float(own.measure(outputs, own.targets(TEN))), rel=1e-6)


def test_positive_weights_are_pytorchs() -> None:
    outputs = answers(BCEWithLogitsLoss(), 1, len(LABELS))
    aims = LABELS.float()[:, None]
    for loss, weight in ((BCEWithLogitsLoss(pos_weight=3.0), 3.0), (BCEWithLogitsLoss(balanced=True), 2 / 4)):
        own = criterion(loss, Spiral(), LABELS)
        expected = nn.BCEWithLogitsLoss(pos_weight=torch.tensor(weight))(outputs, aims)
        assert torch.equal(own.measure(outputs, own.targets(LABELS)), expected)


def test_weights_that_do_not_suit_are_refused_in_words() -> None:
    with pytest.raises(ValueError, match="weight of CrossEntropyLoss has 2 numbers, but MNIST has 10 classes"):
        criterion(CrossEntropyLoss(weight=(1.0, 2.0)), Mnist(), TEN)
    with pytest.raises(ValueError, match="weight and balanced cannot both be set"):
        NLLLoss(weight=(1.0,), balanced=True)
    with pytest.raises(ValueError, match="pos_weight and balanced cannot both be set"):
        BCEWithLogitsLoss(pos_weight=1.0, balanced=True)


def test_losses_say_what_the_network_must_give() -> None:
    assert CrossEntropyLoss().output_shape(Mnist()) == (10,)
    assert CrossEntropyLoss().output_shape(Spiral()) == (2,)
    assert KLDivLoss().output_shape(Spiral()) == (2,)
    assert GaussianNLLLoss().output_shape(Diabetes()) == (2,)
    assert MSELoss().output_shape(Box()) == (1,)
    assert MSELoss().output_shape(Mnist()) == (10,)


def test_heads_add_up_with_their_weights() -> None:
    heads = (Head(loss=CrossEntropyLoss(), weight=1.0), Head(loss=MSELoss(), weight=0.25))
    own = Criterion(heads, Digits(), TEN)
    logits, values = torch.randn(len(TEN), 10), torch.randn(len(TEN), 10)
    rows = nn.functional.one_hot(TEN, 10).float()
    expected = nn.CrossEntropyLoss()(logits, TEN) + 0.25 * nn.MSELoss()(values, rows)
    assert float(own.measure((logits, values), own.targets(TEN))) == pytest.approx(float(expected), rel=1e-6)
    assert Criterion((Head(loss=MSELoss(), weight=2.0),), Digits(), TEN).measure(values, rows) == 2 * nn.MSELoss()(
        values, rows
    )


def test_a_head_aims_at_the_column_that_it_names() -> None:
    data = Diabetes()
    (name,) = data.target_names
    both = torch.tensor([[1.0], [2.0]])
    own = Criterion((Head(loss=MSELoss(), target=name),), data, both)
    assert torch.equal(torch.as_tensor(own.targets(both)), both)
    assert Head(loss=MSELoss(), target=name).output_shape(data) == (1,)
    with pytest.raises(ValueError, match="Diabetes has no target called 'price'; it has disease progression"):
        Head(loss=MSELoss(), target="price").output_shape(data)


def test_a_single_loss_is_pytorchs_own_module() -> None:
    assert isinstance(criterion(MSELoss(), Digits(), TEN).measure, nn.MSELoss)
