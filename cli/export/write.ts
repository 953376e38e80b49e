import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

import { stringify } from "csv-stringify/sync";
import { parquetWriteFile } from "hyparquet-writer";

import type { ColumnType, EventTable, EventValue } from "../../sdk/chain/eventColumns.ts";
import { display } from "../deployment.ts";
import { UsageError } from "../errors.ts";
import { toJson } from "../output.ts";
import { openDirectory } from "../outputFiles.ts";

export type ExportFormat = "csv" | "parquet";

/** A table with its rows, in the order of the chain. */
export interface FilledTable {
  readonly table: EventTable;
  readonly rows: readonly (readonly EventValue[])[];
}

export const MANIFEST = "manifest.json";

/** A directory that appears, or takes the place of an older export, once everything in it is written. */
export interface ExportDirectory {
  write(tables: readonly FilledTable[], manifest: object): void;
  /** Removes what is not finished. */
  discard(): void;
}

/**
 * Finds out whether an export can be written there before anything is read.
 *
 * Throws {@link UsageError} when it cannot be written, or holds anything but an older export.
 */
export function openExport(directory: string, format: ExportFormat): ExportDirectory {
  const target = path.resolve(directory);
  const problem = openDirectory(path.dirname(target));
  if (problem !== undefined) {
    throw new UsageError(`${display(target)} cannot be written (${problem}). Choose another place with --out.`);
  }
  const partial = `${target}.partial-${process.pid}`;
  requireOwn(target);
  return {
    write: (tables, manifest) => {
      try {
        rmSync(partial, { recursive: true, force: true });
        mkdirSync(partial);
        for (const table of tables) writeTable(path.join(partial, fileName(table.table, format)), table, format);
        writeFileSync(path.join(partial, MANIFEST), `${toJson(manifest)}\n`);
        requireOwn(target);
        replace(target, partial);
      } catch (error) {
        if (error instanceof UsageError) throw error;
        const code = (error as NodeJS.ErrnoException).code ?? String(error);
        throw new UsageError(`${display(target)} cannot be written (${code}). Choose another place with --out.`);
      }
    },
    discard: () => rmSync(partial, { recursive: true, force: true }),
  };
}

/** `vault_Deposit.csv`. */
export function fileName({ emitter, event }: EventTable, format: ExportFormat): string {
  return `${emitter}_${event}.${format}`;
}

/** An older export may be replaced; anything else is not ours to delete. */
function requireOwn(target: string): void {
  let entries: readonly string[];
  try {
    entries = readdirSync(target);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw new UsageError(`${display(target)} is not a directory. Choose another place with --out.`);
  }
  if (entries.length > 0 && !entries.includes(MANIFEST)) {
    throw new UsageError(`${display(target)} holds other files. Choose an empty place with --out.`);
  }
}

function replace(target: string, partial: string): void {
  const old = `${target}.old-${process.pid}`;
  const isThere = existsSync(target);
  if (isThere) renameSync(target, old);
  renameSync(partial, target);
  if (isThere) rmSync(old, { recursive: true });
}

const PARQUET_TYPES = {
  integer: "INT64",
  text: "STRING",
  boolean: "BOOLEAN",
  double: "DOUBLE",
} as const satisfies Record<ColumnType, string>;

function writeTable(file: string, { table: { columns }, rows }: FilledTable, format: ExportFormat): void {
  if (format === "csv") {
    const options = { header: true, columns: columns.map(({ name }) => name), cast: { boolean: String } };
    writeFileSync(
      file,
      stringify(
        rows.map((row) => [...row]),
        options,
      ),
    );
    return;
  }
  parquetWriteFile({
    filename: file,
    columnData: columns.map(({ name, type }, i) => ({
      name,
      type: PARQUET_TYPES[type],
      nullable: false,
      data: rows.map((row) => row[i]),
    })),
    kvMetadata: columns.map(({ name, unit }) => ({ key: `unit:${name}`, value: unit })),
  });
}
