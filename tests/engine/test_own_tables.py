"""Tables of the user: columns, numbers, missing cells, and no table that breaks anything or loses a row silently."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.data import load
from engine.own_data import DataProblem, scan
from engine.recipes.data_sets import TableFile
from tests.engine.own_files import refused, text

FLOWERS = "length,colour,kind\n" + "".join(
    f"{n}.5,{'red' if n % 2 else 'blue'},{'a' if n % 3 else 'b'}\n" for n in range(12)
)


def test_columns_are_guessed_and_categories_get_a_place_each(tmp_path: Path) -> None:
    data = scan(text(tmp_path / "t.csv", FLOWERS)).data_set
    assert isinstance(data, TableFile) and data.kinds == ("number", "category", "target")
    assert data.feature_names == ("length", "colour = blue", "colour = red") and data.labels == ("a", "b")
    tensors = load(data.changed(normalise="none"))
    rows = torch.cat([tensors.train.inputs, tensors.test.inputs])
    assert sorted(rows.tolist()) == sorted([n + 0.5, float(n % 2 == 0), float(n % 2)] for n in range(12))


def test_what_was_guessed_can_be_changed(tmp_path: Path) -> None:
    table = text(tmp_path / "t.csv", FLOWERS)
    data = scan(table).data_set
    assert isinstance(data, TableFile)
    values = scan(table, data.with_kind("length", "target").with_kind("kind", "category")).data_set
    assert isinstance(values, TableFile) and values.kinds == ("target", "category", "category")
    assert values.classes is None and values.target_names == ("length",) and values.input_shape == (4,)
    assert scan(table, data.with_kind("length", "ignore")).data_set.input_shape == (2,)
    assert scan(table, data.with_kind("length", "category")).data_set.input_shape == (14,)
    assert "There is no column called 'size'. The columns are 'length', 'colour', 'kind'." in refused(
        table, TableFile(target="size")
    )
    with pytest.raises(ValueError, match="a column is one of number, category, ignore, target"):
        data.with_kind("length", "date")


def test_missing_values_are_counted_and_left_out_filled_or_refused(tmp_path: Path) -> None:
    table = text(tmp_path / "t.csv", FLOWERS + ",red,a\n3.5,NA,b\n4.5,blue,\n")
    left = scan(table)
    assert (
        "2 left out because a value is missing: row 14: length is empty; row 15: colour is empty."
        in left.findings.sentences()
    )
    assert "1 left out because there is nothing to predict: row 16: kind is empty." in left.findings.sentences()
    assert left.data_set.train_examples == 12
    assert "2 cannot be used because a value is missing" in refused(table, TableFile(missing="refuse"))
    filled = scan(table, TableFile(missing="fill", normalise="none"))
    assert filled.data_set.train_examples == 14 and "Empty cells were filled in 2 rows." in filled.findings.sentences()
    tensors = load(filled.data_set)
    whole = torch.cat([tensors.train.inputs, tensors.test.inputs])
    assert torch.isfinite(whole).all()
    measured = {n + 0.5 for n in range(12)}
    (filled_in,) = (value for value in whole[:, 0].tolist() if value not in measured)
    known = [value for value in tensors.train.inputs[:, 0].tolist() if value in measured]
    assert abs(filled_in - sum(known) / len(known)) < 1e-4


def test_rows_that_do_not_fit_are_named(tmp_path: Path) -> None:
    table = text(tmp_path / "t.csv", FLOWERS + "old,red,a\n1,red\n1e999,red,b\n")
    said = refused(table)
    assert "1 cannot be used because the number of cells is wrong: row 15 has 2 in place of 3." in said
    assert "2 cannot be used because a number was expected: row 14: length is 'old'; row 16: length is '1e999'." in said
    assert "set when_bad to skip" in said
    found = scan(table, TableFile(when_bad="skip"))
    assert (found.findings.looked_at, found.findings.used) == (15, 12)


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_delimiters_and_encodings_are_found_out(tmp_path: Path, sign: str, encoding: str) -> None:
    table = tmp_path / "t.csv"
    table.write_bytes(FLOWERS.replace(",", sign).replace("red", "grün").encode(encoding))
    found = scan(table)
    assert isinstance(found.data_set, TableFile)
    assert found.data_set.feature_names == ("length", "colour = blue", "colour = grün")
    assert any("Latin-1" in note for note in found.findings.notes) == (encoding == "latin-1")


def test_numbers_are_read_as_people_write_them(tmp_path: Path) -> None:
    comma = text(tmp_path / "c.csv", "a;b\n" + "".join(f"{n},25;{n}.5\n" for n in range(30)))
    data = scan(comma, TableFile(normalise="none")).data_set
    assert data.classes is None and load(data).train.inputs[0, 0] % 1 == 0.25
    thousands = text(tmp_path / "d.csv", "a,b\n" + "".join(f'"{n},250.5",{n}.5\n' for n in range(1, 30)))
    assert load(scan(thousands, TableFile(normalise="none")).data_set).train.inputs[0, 0] % 1000 == 250.5


def test_tables_without_names_or_with_the_same_ones_get_their_own(tmp_path: Path) -> None:
    bare = scan(text(tmp_path / "a.csv", "".join(f"{n}.5,{n * n},{n % 2}\n" for n in range(9)))).data_set
    assert (
        isinstance(bare, TableFile)
        and bare.columns == ("column 1", "column 2", "column 3")
        and bare.train_examples == 9
    )
    same = "a,a,,label\n" + "".join(f"{n}.5,{n * n},{n}.1,{n % 2}\n" for n in range(9))
    named = scan(text(tmp_path / "b.csv", same), TableFile(header="yes")).data_set
    assert isinstance(named, TableFile) and named.columns == ("a", "a (2)", "column 3", "label")


def test_columns_that_tell_nothing_are_left_out_and_said(tmp_path: Path) -> None:
    rows = "".join(f"{n},person {n},,{n % 5}.5,{n % 2}\n" for n in range(60))
    found = scan(text(tmp_path / "t.csv", "id,name,empty,x,label\n" + rows))
    assert found.data_set.input_shape == (1,) and found.data_set.labels == ("0", "1")
    assert {"The column 'id' only counts the rows and is not used.", "The column 'empty' is empty and not used.",
            "The column 'name' has 60 different words and is not used."} <= set(found.findings.notes)  # fmt: skip


def test_tables_that_cannot_be_learned_say_why(tmp_path: Path) -> None:
    assert "is empty" in refused(text(tmp_path / "a.csv", "\n\n"))
    assert "has one column only" in refused(text(tmp_path / "b.csv", "a\n1\n2\n"))
    assert "Nothing remains to learn from." in refused(text(tmp_path / "c.csv", "a,b\n"), TableFile(header="yes"))
    assert "'b' has 1 class; 2 to 10,000 can be learned" in refused(text(tmp_path / "d.csv", "a,b\n1,x\n2,x\n"))
    assert "A quote may be missing there" in refused(text(tmp_path / "e.csv", 'a,b\n1,"' + "x" * 200_000 + "\n"))
    (tmp_path / "f.csv").write_bytes(b"PK\x03\x04\x00\x00\xff\xfe\x00")
    assert "is no text" in refused(tmp_path / "f.csv", TableFile())
    assert "There is no file" in refused(tmp_path / "gone.csv", TableFile())
    assert "cannot be left out as well" in refused(
        text(tmp_path / "g.csv", FLOWERS), TableFile(target="kind", ignored="kind")
    )


CELL = st.text(max_size=8) | st.sampled_from(
    ["1", "2.5", "-3e2", "NA", "", "yes", "no", '"', ";", ",", "\t", "1,5", "nan", "inf", "1_0", "٣"]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(
    rows=st.lists(st.lists(CELL, min_size=1, max_size=4), max_size=12),
    sign=st.sampled_from([",", ";", "\t", "|"]),
    choices=st.builds(
        TableFile,
        when_bad=st.sampled_from(["refuse", "skip"]),
        missing=st.sampled_from(["leave out", "fill", "refuse"]),
        task=st.sampled_from(["auto", "classes", "values"]),
        header=st.sampled_from(["auto", "yes", "no"]),
    ),
)
def test_any_table_is_read_or_refused_in_words_and_no_row_is_lost_silently(
    tmp_path: Path, rows: list[list[str]], sign: str, choices: TableFile
) -> None:
    written = io.StringIO()
    csv.writer(written, delimiter=sign).writerows(rows)
    table = tmp_path / "t.csv"
    table.write_text(written.getvalue(), "utf-8", errors="surrogatepass", newline="")
    try:
        found = scan(table, choices)
    except DataProblem as problem:
        assert str(problem).endswith(".")
        return
    findings, data = found.findings, found.data_set
    assert findings.looked_at == findings.used + sum(one.count for one in findings.left_out)
    assert findings.used == data.train_examples
    assert type(data).read(json.loads(json.dumps(data.values()))) == data
    if data.train_examples > 1:
        tensors = load(data)
        assert torch.isfinite(torch.cat([tensors.train.inputs, tensors.test.inputs])).all()
        assert tensors.train.inputs.shape[1:] == data.input_shape
