"""Examples and targets from arrays: which array is which, where channels are, and what the targets mean."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engine.own_data.arrays import Head, heads_in, read_array
from engine.own_data.columns import FEW_CLASSES, sorted_words
from engine.own_data.findings import Array, DataProblem, Gathering, several, short
from engine.own_data.found import Found, Part, Targets
from engine.recipes.data_sets.own import MOST_LABELS, NumpyFile

X = ("x_train", "train_images", "train_x", "x", "images", "data", "inputs", "features")
Y = ("y_train", "train_labels", "train_y", "y", "labels", "targets", "target", "label")
X_TEST = ("x_test", "test_images", "test_x")
Y_TEST = ("y_test", "test_labels", "test_y")
MOST_DIMENSIONS = 8
CHANNELS = (1, 3, 4)


def look_at_arrays(data: NumpyFile, path: Path) -> Found:
    """Read the arrays and what they mean. Raises DataProblem."""
    gathering = Gathering(data.when_bad)
    pairs = _pairs(data, path, gathering)
    looked_at = sum(len(x) for x, _ in pairs) + gathering.count
    whole = [_whole_rows(_examples(x, data, gathering), y, gathering) for x, y in pairs]
    classes = _are_classes(whole[0][1], data.task)
    labels = _labels([y for _, y in whole], classes)
    made = [_with_known_targets(x, y, labels, gathering) for x, y in whole]
    findings = gathering.done(sum(len(x) for x, _ in made), looked_at)
    train, test = Part(*made[0]), Part(*made[1]) if len(made) == 2 else None
    if not len(train) or (test is not None and not len(test)):
        raise DataProblem(f"No example is left to {'test with' if len(train) else 'learn from'}.")
    if test is not None and train.targets.shape[1:] != test.targets.shape[1:]:
        raise DataProblem("The targets to test with have another size than those to learn from.")
    width = 0 if labels else train.targets.shape[1]
    names = (data.y or "y",) if width == 1 else tuple(f"y[{place}]" for place in range(width))
    return Found(made[0][0].shape[1:], labels, train, test, findings, {"target_names": names})


def _pairs(data: NumpyFile, path: Path, gathering: Gathering) -> list[tuple[Array, Array]]:
    """x and y to learn from, and to test with where there are such."""
    heads = {name: (path, head) for name, head in heads_in(path).items()}
    if path.suffix.lower() == ".npy":
        return [_beside(data, path, heads, gathering)]
    pairs = [_pair(heads, _name(heads, data.x, X, "x"), _name(heads, data.y, Y, "y"), gathering)]
    x_test = data.x_test or next((name for name in X_TEST if name in _small(heads)), "")
    if x_test:
        pairs.append(
            _pair(heads, _name(heads, x_test, X_TEST, "x_test"), _name(heads, data.y_test, Y_TEST, "y_test"), gathering)
        )
    if len({(x.shape[1:], x.dtype == np.uint8) for x, _ in pairs}) > 1:
        raise DataProblem("The examples to test with have another size or kind of numbers than those to learn from.")
    return pairs


Heads = dict[str, tuple[Path, Head]]


def _beside(data: NumpyFile, path: Path, heads: Heads, gathering: Gathering) -> tuple[Array, Array]:
    """An .npy file and its targets, which lie in the same folder."""
    stem = path.stem
    if data.y:
        names = [data.y, f"{data.y}.npy"]
    else:
        small = stem.lower()
        names = (
            [f"{Y[X.index(small)]}.npy", *(f"{one}.npy" for one in Y)] if small in X else [f"{one}.npy" for one in Y]
        )
    if any(Path(name).name != name for name in names):
        raise DataProblem("y must be the name of a file beside the .npy file, without a folder.")
    files = {one.name.lower(): one for one in path.parent.iterdir() if one.suffix.lower() == ".npy" and one.is_file()}
    found = next((files[name.lower()] for name in names if name.lower() in files), None)
    if found is None or found == path:
        raise DataProblem(
            f"An .npy file holds one array. Say with y which file beside {short(path.name)} has the targets."
        )
    both: Heads = {"x": heads[stem], "y": (found, heads_in(found)[found.stem])}
    return _pair(both, "x", "y", gathering)


def _small(heads: Heads) -> dict[str, str]:
    return {name.lower(): name for name in heads}


def _name(heads: Heads, chosen: str, usual: tuple[str, ...], word: str) -> str:
    """The array that somebody chose, or the first with a usual name."""
    if chosen in heads:
        return chosen
    small = _small(heads)
    guess = None if chosen else next((small[name] for name in usual if name in small), None)
    if guess is None:
        known = ", ".join(map(short, list(heads)[:10])) or "none"
        missing = f"There is no array {short(chosen)}" if chosen else f"It is not clear which array is {word}"
        raise DataProblem(f"{missing}. The file holds {known}; say with {word} which it is.")
    return guess


def _pair(heads: Heads, x: str, y: str, gathering: Gathering) -> tuple[Array, Array]:
    (x_path, x_head), (y_path, y_head) = heads[x], heads[y]
    first, second = read_array(x_path, x, x_head), read_array(y_path, y, y_head)
    if first.ndim < 1 or second.ndim < 1 or first.ndim > MOST_DIMENSIONS:
        raise DataProblem(f"{short(x)} and {short(y)} must hold one example after the other, with 1 to 8 dimensions.")
    if first.dtype.kind in "US":
        raise DataProblem(f"The array {short(x)} holds words; examples must be numbers.")
    count = min(len(first), len(second))
    if extra := max(len(first), len(second)) - count:
        told = f"there are {several(len(first), 'example')} and {several(len(second), 'target')}"
        gathering.leave_out("an example or its target is missing", told, extra)
    return first[:count], second[:count]


def _examples(x: Array, data: NumpyFile, gathering: Gathering) -> Array:
    """Examples as the network gets them: flat numbers get a dimension, pictures their channels first."""
    if x.ndim == 1:
        return x[:, None]
    if x.ndim == 3 and x.dtype == np.uint8:
        gathering.note("Arrays of whole numbers from 0 to 255 in rows and columns were taken for grey pictures.")
        return x[:, None]
    last = data.layout == "HWC" or (data.layout == "auto" and x.shape[-1] in CHANNELS and x.shape[1] not in CHANNELS)
    if x.ndim == 4 and last:
        gathering.note("The last dimension was taken for the channels of pictures and put first.")
        return np.ascontiguousarray(x.transpose(0, 3, 1, 2))
    return x


def _whole_rows(x: Array, y: Array, gathering: Gathering) -> tuple[Array, Array]:
    """Leave out examples in which a number is not finite; pictures in uint8 stay so, all else becomes float32."""
    with np.errstate(over="ignore"):
        numbers = x if x.dtype == np.uint8 and x.ndim > 2 else x.astype(np.float32)
    good = np.ones(len(x), np.bool_)
    if numbers.dtype != np.uint8 and numbers.size:
        good &= np.isfinite(numbers.reshape(len(numbers), -1)).all(1)
    if y.dtype.kind == "f" and y.size:
        good &= np.isfinite(y.reshape(len(y), -1)).all(1)
    bad = np.flatnonzero(~good)
    for index in bad.tolist():
        gathering.leave_out("a number is missing or infinite (NaN)", f"example {index + 1:,}")
    return (numbers, y) if not len(bad) else (numbers[good], y[good])


def _are_classes(y: Array, task: str) -> bool:
    """Words, and whole numbers of which few are different; rows with a single 1 are classes as well."""
    if task != "auto":
        return task == "classes"
    if y.dtype.kind in "USb":
        return True
    flat = y if y.ndim == 1 else y.reshape(len(y), -1)
    if flat.ndim == 2 and flat.shape[1] > 1:
        return _is_one_hot(flat)
    if y.dtype.kind in "iu":
        return len(np.unique(y)) <= max(FEW_CLASSES, len(y) // 4)
    return False


def _is_one_hot(y: Array) -> bool:
    return bool(((y == 0) | (y == 1)).all() and ((y == 1).sum(1) == 1).all())


def _flat_classes(y: Array) -> Array:
    """Class names or numbers (n,)."""
    flat = y.reshape(len(y), -1)
    if flat.shape[1] == 1:
        return flat[:, 0]
    if not _is_one_hot(flat):
        raise DataProblem(f"Targets of {flat.shape[1]} numbers are no classes. Set task to values.")
    numbers: Array = flat.argmax(1)
    return numbers


def _labels(targets: list[Array], classes: bool) -> tuple[str, ...]:
    if not classes:
        return ()
    labels = sorted_words({_word(one) for one in np.unique(_flat_classes(targets[0]))})
    if not 2 <= len(labels) <= MOST_LABELS:
        raise DataProblem(f"The targets have {several(len(labels), 'class')}; 2 to {MOST_LABELS:,} can be learned.")
    return labels


def _word(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)


def _with_known_targets(x: Array, y: Array, labels: tuple[str, ...], gathering: Gathering) -> tuple[Array, Targets]:
    """Class numbers in place of names, without examples of a class that is not to be learned; or plain values."""
    if not labels:
        if y.dtype.kind in "US":
            raise DataProblem("The targets are words. Set task to classes.")
        values = y.reshape(len(y), -1).astype(np.float32)
        return x, values
    different, inverse = np.unique(_flat_classes(y), return_inverse=True)
    place = {label: number for number, label in enumerate(labels)}
    numbers = np.array([place.get(_word(one), -1) for one in different], np.int64)[inverse.reshape(-1)]
    for index in np.flatnonzero(numbers < 0).tolist():
        gathering.leave_out("the class is not among those to learn", f"example {index + 1:,} to test with")
    good = numbers >= 0
    return (x, numbers) if good.all() else (x[good], numbers[good])
