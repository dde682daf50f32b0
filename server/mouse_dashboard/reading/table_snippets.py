"""Python snippets that read JSON and Parquet to the same ``fields: dict[str, Tensor]`` as their readers."""

from mouse_dashboard.reading.sandbox.episode_rows import ALL, NUMBER, REPEATED
from mouse_dashboard.reading.sandbox.worker_result import ReadSummary

_JSON_CODES = """

def codes(values):
    order = {value: code for code, value in enumerate(dict.fromkeys(values))}
    return [order[value] for value in values]

"""
_JSON_EPISODES = """

def repeated(values):
    return [value for value, count in zip(values, steps) for _ in range(count)]

"""
_PARQUET_LISTS = """

def lists(name):
    return torch.tensor(pc.list_flatten(table[name], recursive=True).to_numpy())

"""
_PARQUET_CODES = """

def codes(name):
    text = table[name].cast("string").combine_chunks()
    return torch.tensor(text.dictionary_encode().indices.to_numpy()).long()

"""


def json_snippet(name: str, summary: ReadSummary) -> str:
    """Read the lists of an object, or the rows of a list or of lines."""
    load = "[json.loads(line) for line in file if line.strip()]" if summary.layout == "lines" else "json.load(file)"
    fields = "".join(f"    {field!r}: torch.tensor({_json_column(summary, field)}),\n" for field in summary.names)
    return f"""\
import json

import torch
{_JSON_CODES if summary.codes else ""}{_JSON_EPISODES if summary.parts else ""}
with open({name!r}, encoding="utf-8") as file:
    found = {load}
{_json_steps(summary)}fields = {{
{fields}}}"""


def _json_column(summary: ReadSummary, field: str) -> str:
    rows = summary.parts.get(field, ALL)
    if rows == NUMBER:
        return "repeated(range(len(steps)))"
    column = _json_values(summary, field)
    if rows == REPEATED:
        column = f"repeated({column})"
    elif summary.parts:
        column = f"[step for each in {column} for step in each[{rows or ':'}]]"
    return f"codes({column})" if field in summary.codes else column


def _json_values(summary: ReadSummary, field: str) -> str:
    """What the entries of the file say of a field."""
    place = "".join(f"[{key!r}]" for key in summary.names[field])
    return f"found{place}" if summary.layout == "object" else f"[row{place} for row in found]"


def _json_steps(summary: ReadSummary) -> str:
    field = next((name for name, rows in summary.parts.items() if rows == ALL), None)
    return "" if field is None else f"steps = [len(each) for each in {_json_values(summary, field)}]\n"


def parquet_snippet(name: str, summary: ReadSummary) -> str:
    """Read the columns of a table."""
    return _table_snippet(f"table = pq.read_table({name!r})", summary)


def parquet_folder_snippet(name: str, summary: ReadSummary) -> str:
    """Read the columns of all tables in a zip, one after the other."""
    load = f"""\
with zipfile.ZipFile({name!r}) as archive:
{ordered_files_snippet(".parquet")}
    names = [name for name in names if "data" in name.split("/")[:-1]] or names
    tables = [pq.read_table(io.BytesIO(archive.read(name))).replace_schema_metadata() for name in names]
table = pa.concat_tables(tables)"""
    return f"import io\nimport re\nimport zipfile\n\nimport pyarrow as pa\n{_table_snippet(load, summary)}"


def ordered_files_snippet(suffix: str) -> str:
    """List the files of a zip as its reader does."""
    return f"""\
    names = [name for name in archive.namelist() if name.endswith({suffix!r}) and "/." not in f"/{{name}}"]
    names.sort(key=lambda name: [part.zfill(20) if part.isdigit() else part for part in re.split("([0-9]+)", name)])"""


def _table_snippet(load: str, summary: ReadSummary) -> str:
    column = _parquet_episodes if summary.layout == "episodes" else _parquet_column
    fields = "".join(f"    {field!r}: {column(summary, field)},\n" for field in summary.names)
    if summary.has_structs:
        load += "\nwhile any(pa.types.is_struct(field.type) for field in table.schema):\n    table = table.flatten()"
        load = f"import pyarrow as pa\n\n{load}"
    return f"""\
import pyarrow.compute as pc
import pyarrow.parquet as pq
import torch
{_PARQUET_LISTS if summary.shapes else ""}{_PARQUET_CODES if summary.codes else ""}
{load}
{_steps(summary)}fields = {{
{fields}}}"""


def _parquet_column(summary: ReadSummary, field: str) -> str:
    name = summary.names[field][0]
    if field in summary.codes:
        return f"codes({name!r})"
    if field in summary.shapes:
        return f"lists({name!r}).reshape({[-1, *summary.shapes[field]]})"
    return f"torch.tensor(table[{name!r}].to_numpy())"


def _steps(summary: ReadSummary) -> str:
    """How many steps each row of a table of episodes holds."""
    if summary.layout != "episodes":
        return ""
    lists = ((names[0], names[1]) for field, names in summary.names.items() if field in summary.shapes)
    name, rows = min(lists, key=lambda held: held[1])
    more = " - 1" if rows else ""
    return f"steps = torch.tensor(pc.list_value_length(table[{name!r}]).to_numpy()).long(){more}\n"


def _parquet_episodes(summary: ReadSummary, field: str) -> str:
    _name, rows = summary.names[field]
    if rows == NUMBER:
        return "torch.arange(len(steps)).repeat_interleave(steps)"
    column = _parquet_column(summary, field)
    if rows == REPEATED:
        return f"{column}.repeat_interleave(steps)"
    if rows:
        return f"torch.cat([part[{rows}] for part in {column}.split((steps + 1).tolist())])"
    return column
