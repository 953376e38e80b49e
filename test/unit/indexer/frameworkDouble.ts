import { registerHooks } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

import type { IndexedEvent } from "../../../indexer/src/handlers/store.ts";

/*
 * The surface of Ponder that indexer/ touches. Ponder itself is too large a dependency for a folder that most users never run; these records
 * say what its files declare, and a database that holds them to the schema.
 */

/** One column as the schema declares it. */
export interface ColumnRecord {
  readonly type: string;
  readonly isRequired: boolean;
}

/** One table as the schema declares it. */
export interface TableRecord {
  readonly name: string;
  readonly columns: Readonly<Record<string, ColumnRecord>>;
  readonly key: readonly string[];
}

/** One contract of the configuration. */
export interface ContractRecord {
  readonly abi: readonly { readonly type: string; readonly name?: string }[];
  readonly address?: unknown;
  readonly filter?: readonly { readonly event: string }[];
}

export type IndexingFunction = (input: { readonly event: IndexedEvent; readonly context: object }) => Promise<void>;

/** What the files of indexer/ declared. */
export interface Declared {
  readonly schema: Readonly<Record<string, TableRecord>>;
  readonly contracts: Readonly<Record<string, ContractRecord>>;
  /** By `Contract:Event`. */
  readonly functions: ReadonlyMap<string, IndexingFunction>;
}

const MODULES: Readonly<Record<string, string>> = {
  ponder: `
    const column = (type) => ({
      type, isRequired: false, isKey: false,
      notNull() { return { ...this, isRequired: true }; },
      primaryKey() { return { ...this, isRequired: true, isKey: true }; },
    });
    const types = ["hex", "bigint", "boolean", "text", "integer"];
    const builder = Object.fromEntries(types.map((type) => [type, () => column(type)]));
    export const primaryKey = ({ columns }) => ({ kind: "key", columns });
    export const index = () => ({ on: (...columns) => ({ kind: "index", columns }) });
    export function onchainTable(name, describe, constrain = () => ({})) {
      const columns = describe(builder);
      const names = Object.fromEntries(Object.keys(columns).map((key) => [key, key]));
      const constraints = Object.values(constrain(names));
      for (const used of constraints.flatMap((item) => item.columns)) if (used === undefined) throw new Error(name);
      const own = Object.keys(columns).filter((key) => columns[key].isKey);
      const key = constraints.find(({ kind }) => kind === "key")?.columns ?? own;
      return { name, columns, key };
    }
    export const factory = (options) => ({ kind: "factory", ...options });
    export const createConfig = (config) => config;
  `,
  "ponder:registry": `
    export const functions = new Map();
    export const ponder = { functions, on(name, run) {
      if (this.functions.has(name)) throw new Error("twice: " + name);
      this.functions.set(name, run);
    } };
  `,
};

/**
 * Runs ponder.schema.ts, ponder.config.ts and src/index.ts of the indexer.
 *
 * @param abiPackage Folder of the ABI package that they import.
 */
export async function loadIndexer(indexer: string, abiPackage: string): Promise<Declared> {
  const fileOf = (...parts: readonly string[]): string => pathToFileURL(path.join(indexer, ...parts)).href;
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      if (specifier in MODULES) return { url: `double:${specifier}`, format: "module", shortCircuit: true };
      if (specifier === "ponder:schema") return { url: fileOf("ponder.schema.ts"), shortCircuit: true };
      if (specifier === "hedgerow-abi") {
        return { url: pathToFileURL(path.join(abiPackage, "index.js")).href, format: "module", shortCircuit: true };
      }
      return next(specifier, context);
    },
    load(url, context, next) {
      if (!url.startsWith("double:")) return next(url, context);
      return { format: "module", source: MODULES[url.slice("double:".length)] ?? "", shortCircuit: true };
    },
  });
  try {
    const schema = (await import(fileOf("ponder.schema.ts"))) as Declared["schema"];
    const config = (await import(fileOf("ponder.config.ts"))) as { default: Pick<Declared, "contracts"> };
    await import(fileOf("src", "index.ts"));
    const registry = "ponder:registry";
    const { functions } = (await import(registry)) as Pick<Declared, "functions">;
    return { schema: { ...schema }, contracts: config.default.contracts, functions };
  } finally {
    hooks.deregister();
  }
}

type Row = Readonly<Record<string, unknown>>;

/** Ponder's store in memory: it takes only rows that fit the schema. */
export class SchemaStore {
  readonly #rows = new Map<string, Map<string, Row>>();

  readonly find = (table: TableRecord, key: Row): Promise<Row | null> =>
    Promise.resolve(this.#table(table).get(this.#keyOf(table, key)) ?? null);

  readonly insert = (table: TableRecord) => ({
    values: (row: Row) => ({
      onConflictDoUpdate: (change: Row): Promise<void> => {
        const key = this.#keyOf(table, row);
        const old = this.#table(table).get(key);
        const next = old === undefined ? row : { ...old, ...change };
        requireFits(table, next);
        this.#table(table).set(key, next);
        return Promise.resolve();
      },
    }),
  });

  rows(table: TableRecord): readonly Row[] {
    return [...this.#table(table).values()];
  }

  #table({ name }: TableRecord): Map<string, Row> {
    const rows = this.#rows.get(name) ?? new Map<string, Row>();
    this.#rows.set(name, rows);
    return rows;
  }

  #keyOf(table: TableRecord, row: Row): string {
    return table.key
      .map((column) => {
        if (row[column] === undefined) throw new Error(`${table.name}: the key lacks ${column}`);
        return `${row[column] as bigint}`;
      })
      .join(" ");
  }
}

const CHECKS: Readonly<Record<string, (value: unknown) => boolean>> = {
  hex: (value) => typeof value === "string" && /^0x[0-9a-f]*$/.test(value),
  bigint: (value) => typeof value === "bigint",
  boolean: (value) => typeof value === "boolean",
  text: (value) => typeof value === "string",
  integer: (value) => Number.isInteger(value) && Math.abs(value as number) < 2 ** 31,
};

function requireFits({ name, columns }: TableRecord, row: Row): void {
  for (const column of Object.keys(row)) {
    if (columns[column] === undefined) throw new Error(`${name} has no column ${column}`);
  }
  for (const [column, { type, isRequired }] of Object.entries(columns)) {
    const value = row[column];
    if (value === null && !isRequired) continue;
    if (CHECKS[type]?.(value) !== true) throw new Error(`${name}.${column} is ${String(value)}, not ${type}`);
  }
}
