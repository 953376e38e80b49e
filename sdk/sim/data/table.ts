import { readFileSync } from "node:fs";
import { open } from "node:fs/promises";

import { CsvError, parse } from "csv-parse/sync";

import { DataFileError, describeReadFailure } from "./fileError.ts";
import type { FilePlace } from "./fileError.ts";

/** A row with where it stands in its file. */
export interface TableRow {
  readonly line: number;
  /** One a column, "" where there is nothing. */
  readonly cells: readonly string[];
}

/** A column found by one of its spellings. */
export interface Column {
  readonly index: number;
  readonly name: string;
}

/** A file of rows and named columns, whatever its format. Cells are text: what a reader accepts is for the reader to say. */
export interface Table {
  readonly file: string;
  readonly header: TableRow;
  readonly rows: readonly TableRow[];
  /** What `line` of a row counts. */
  readonly unit: "line" | "row";
}

const DELIMITERS = [",", ";", "\t"];
const PARQUET_MAGIC = "PAR1";
const NUMBER_OR_DATE = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$|^\d{4}-\d\d-\d\d/i;

/**
 * Reads a CSV or Parquet file; the format is told by the first bytes, not by the name.
 *
 * Throws {@link DataFileError} when it cannot be read, is neither, has no header or rows of different lengths.
 *
 * @example
 * (await readTable("eth-usd-1h.csv")).header.cells; // ["timestamp", "open", …]
 */
export async function readTable(file: string): Promise<Table> {
  if (await isParquet(file)) return readParquet(file);
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new DataFileError({ file }, describeReadFailure(error));
  }
  return parseCsvTable(text, file);
}

/**
 * Parses CSV with a header row, separated by commas, semicolons or tabs.
 *
 * Throws {@link DataFileError} on text that is no CSV, an empty file, a header of numbers or a row whose cells the header does not name.
 */
export function parseCsvTable(text: string, file: string): Table {
  const [header, ...rows] = splitRows(text, file);
  if (header === undefined) throw new DataFileError({ file }, "the file is empty; expected a header row and data");
  if (header.cells.some((cell) => NUMBER_OR_DATE.test(cell))) {
    const example = 'name the columns in the first line, such as "timestamp,open,high,low,close"';
    throw new DataFileError({ file, line: header.line }, `there is no header row; ${example}`);
  }
  for (const row of rows) {
    if (row.cells.length === header.cells.length) continue;
    const reason = `the row has ${row.cells.length} cells, the header has ${header.cells.length}`;
    throw new DataFileError({ file, line: row.line }, reason);
  }
  return { file, header, rows, unit: "line" };
}

/**
 * The first of these spellings that the table has, compared in lower case without anything but letters and digits.
 *
 * Throws {@link DataFileError} when the table has it twice.
 */
export function findColumn({ file, header }: Table, spellings: readonly string[]): Column | undefined {
  const names = header.cells.map((cell) => cell.toLowerCase().replaceAll(/[^a-z0-9]/g, ""));
  const known = spellings.find((spelling) => names.includes(spelling));
  if (known === undefined) return undefined;
  const index = names.indexOf(known);
  if (names.includes(known, index + 1)) {
    throw new DataFileError({ file, line: header.line, column: header.cells[index] }, "the column appears twice");
  }
  return { index, name: header.cells[index]! };
}

/** {@link findColumn} for a column that has to be there; `what` says which one is missing. */
export function requireColumn(table: Table, spellings: readonly string[], what: string): Column {
  const column = findColumn(table, spellings);
  if (column !== undefined) return column;
  const columns = table.header.cells.join(", ");
  throw new DataFileError({ file: table.file, line: table.header.line }, `${what}; the columns are ${columns}`);
}

/** The place of a cell, for an error about it. */
export function placeOf(table: Table, row: TableRow, column?: Column): FilePlace {
  return { file: table.file, line: row.line, column: column?.name, unit: table.unit };
}

function splitRows(text: string, file: string): readonly TableRow[] {
  const firstLine = text.split(/\r?\n/, 1)[0] ?? "";
  const count = (delimiter: string): number => firstLine.split(delimiter).length;
  const delimiter = DELIMITERS.reduce((best, other) => (count(other) > count(best) ? other : best));
  try {
    const records = parse(text, {
      bom: true,
      delimiter,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
    }) as unknown as readonly { readonly info: { readonly lines: number }; readonly record: readonly string[] }[];
    return records.map(({ info, record }) => ({ line: info.lines, cells: record }));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new DataFileError({ file }, `not a CSV file (${error.message})`);
  }
}

async function isParquet(file: string): Promise<boolean> {
  try {
    const handle = await open(file);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0);
      return bytesRead === 4 && buffer.toString("latin1") === PARQUET_MAGIC;
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw new DataFileError({ file }, describeReadFailure(error));
  }
}

/** Loaded only for a Parquet file: the decompressors are WebAssembly. */
async function readParquet(file: string): Promise<Table> {
  const { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects, parquetSchema } = await import("hyparquet");
  const { compressors } = await import("hyparquet-compressors");
  try {
    const buffer = await asyncBufferFromFile(file);
    const metadata = await parquetMetadataAsync(buffer);
    const names = parquetSchema(metadata).children.map((child) => child.element.name);
    const objects = (await parquetReadObjects({ file: buffer, metadata, compressors })) as readonly Record<
      string,
      unknown
    >[];
    const rows = objects.map((object, index) => ({
      line: index + 1,
      cells: names.map((name) => toText(object[name])),
    }));
    return { file, header: { line: 0, cells: names }, rows, unit: "row" };
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    throw new DataFileError({ file }, `not a Parquet file that can be read (${cause})`);
  }
}

/** Numbers keep all their digits, dates become ISO 8601, nothing becomes an empty cell. */
function toText(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "NaN" : value.toISOString();
  if (typeof value === "string") return value.trim();
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "boolean") return String(value);
  return JSON.stringify(value, (_key, part: unknown) => (typeof part === "bigint" ? part.toString() : part));
}
