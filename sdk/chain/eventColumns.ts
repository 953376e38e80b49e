import { type EventFragment, Interface, type ParamType } from "ethers";

import { accessInterface } from "./access.ts";
import { artifacts, vaultInterface } from "./contracts.ts";
import type { VaultLog } from "./replayState.ts";

/*
 * Every event of a vault and its parts as rows of typed columns, for tables outside of the chain.
 */

/** Whose events: the vault, its policy, its adapters, its measure of volatility and its AccessManager. */
export const EMITTERS = ["vault", "policy", "liquidity", "hedge", "volatility", "authority"] as const;
export type EventEmitter = (typeof EMITTERS)[number];

const INTERFACES: Readonly<Record<EventEmitter, readonly Interface[]>> = {
  vault: [vaultInterface],
  policy: [new Interface(artifacts.riskPolicy.abi)],
  liquidity: [new Interface(artifacts.uniswapV3Liquidity.abi)],
  hedge: [new Interface(artifacts.aaveV3Hedge.abi), new Interface(artifacts.gmxV2Hedge.abi)],
  volatility: [new Interface(artifacts.realizedVolatility.abi)],
  authority: [accessInterface],
};

/** What an argument counts. */
export type EventUnit =
  | "base units"
  | "quote units"
  | "share units"
  | "1e-18"
  | "1e-30"
  | "quote units per share unit, 1e-30"
  | "bps"
  | "ppm"
  | "wei"
  | "seconds"
  | "Unix seconds"
  | "ticks"
  | "liquidity"
  | "number"
  | "address"
  | "flag"
  | "bytes"
  | "text";

/** How a value is kept: whole numbers of at most 56 bits as such, wider ones as decimal text, which loses nothing. */
export type ColumnType = "integer" | "text" | "boolean" | "double";

/** One column of an event's table. */
export interface EventColumn {
  readonly name: string;
  readonly type: ColumnType;
  readonly unit: EventUnit;
  /** Of a `…_whole` column: the column whose exact value it repeats in whole tokens or plain numbers, as a float. */
  readonly wholeOf?: string;
}

/** One event of one emitter. */
export interface EventTable {
  readonly emitter: EventEmitter;
  readonly event: string;
  /** `Deposit(address,address,uint256,uint256)`. */
  readonly signature: string;
  readonly columns: readonly EventColumn[];
}

/** Decimals of the tokens, for the `…_whole` columns. */
export interface TokenDecimals {
  readonly base: number;
  readonly quote: number;
  readonly share: number;
}

/** What every table begins with. */
export const LOG_COLUMNS: readonly EventColumn[] = [
  { name: "block_number", type: "integer", unit: "number" },
  { name: "timestamp", type: "integer", unit: "Unix seconds" },
  { name: "log_index", type: "integer", unit: "number" },
  { name: "transaction_hash", type: "text", unit: "bytes" },
  { name: "address", type: "text", unit: "address" },
];

export type EventValue = bigint | number | string | boolean;

/** One log as a row; `values` are in the order of the table's columns, log columns first. */
export interface EventRow {
  readonly table: EventTable;
  readonly values: readonly EventValue[];
}

/** Tables of all events that the contracts declare, in the order of emitters and names. */
export function listEventTables(): readonly EventTable[] {
  return [...TABLES.values()].map(({ table }) => table);
}

/**
 * One log as a row of its table.
 *
 * @returns Undefined for an event that the emitter does not declare.
 */
export function rowOf(emitter: EventEmitter, log: VaultLog, decimals: TokenDecimals): EventRow | undefined {
  const known = TABLES.get(`${emitter} ${log.topics[0] ?? ""}`);
  if (known === undefined) return undefined;
  const { table, fragment, abi } = known;
  const args = flatten(fragment.inputs, abi.decodeEventLog(fragment, log.data, log.topics).toArray());
  const exact = new Map(args.map(({ name, value }) => [name, value]));
  const values = table.columns.slice(LOG_COLUMNS.length).map((column): EventValue => {
    const value = exact.get(column.wholeOf ?? column.name);
    if (column.wholeOf !== undefined) return Number(value) / 10 ** scaleOf(column.unit, decimals);
    return column.type === "boolean"
      ? value === true
      : column.type === "integer"
        ? BigInt(value as bigint)
        : textOf(value);
  });
  return {
    table,
    values: [
      BigInt(log.blockNumber),
      BigInt(log.timestamp),
      BigInt(log.logIndex),
      log.transactionHash,
      log.address,
      ...values,
    ],
  };
}

interface KnownEvent {
  readonly table: EventTable;
  readonly fragment: EventFragment;
  readonly abi: Interface;
}

function columnsOf(fragment: EventFragment): readonly EventColumn[] {
  const columns = flattenTypes(fragment.inputs).flatMap(({ name, type }): readonly EventColumn[] => {
    const unit = unitOf(name, type);
    const column = { name, type: columnType(type), unit };
    return isScaled(unit) ? [column, { name: `${name}_whole`, type: "double", unit, wholeOf: name }] : [column];
  });
  return [...LOG_COLUMNS, ...columns];
}

function columnType(type: string): ColumnType {
  if (type === "bool") return "boolean";
  const bits = /^u?int(\d+)$/.exec(type)?.[1];
  return bits !== undefined && Number(bits) <= 56 ? "integer" : "text";
}

/** Names say units throughout the contracts; the first that fits. */
const UNITS: readonly (readonly [RegExp, EventUnit])[] = [
  [/^highWater$/, "quote units per share unit, 1e-30"],
  [/Usd$/, "1e-30"],
  [/Wad$/, "1e-18"],
  [/Bps(PerDay)?$/, "bps"],
  [/Ppm$/, "ppm"],
  [/Wei$/, "wei"],
  [/Seconds$|^delay$/, "seconds"],
  [/^readyAt$|^since$|^schedule$/, "Unix seconds"],
  [/^tick|Ticks$/, "ticks"],
  [/^liquidity$/, "liquidity"],
  [/Quote$|^quote|^assets$/, "quote units"],
  [/Base$|^base/, "base units"],
  [/^shares$|^value$/, "share units"],
  [/^requestId$|^epoch$|^head$|^nonce$|^roleId$|^admin$|^guardian$/, "number"],
];

/**
 * What an argument counts, by its name and type.
 *
 * Throws RangeError for a number whose name says nothing: an event was added without a unit.
 */
function unitOf(name: string, type: string): EventUnit {
  if (type === "address") return "address";
  if (type === "bool") return "flag";
  if (type.startsWith("bytes")) return "bytes";
  if (type === "string") return "text";
  const unit = UNITS.find(([pattern]) => pattern.test(name))?.[1];
  if (unit === undefined) throw new RangeError(`The event argument ${name} (${type}) has no unit.`);
  return unit;
}

const SCALED: readonly EventUnit[] = [
  "base units",
  "quote units",
  "share units",
  "1e-18",
  "1e-30",
  "quote units per share unit, 1e-30",
];

function isScaled(unit: EventUnit): boolean {
  return SCALED.includes(unit);
}

/** Decimals between an exact value and the whole one. */
function scaleOf(unit: EventUnit, { base, quote, share }: TokenDecimals): number {
  switch (unit) {
    case "base units":
      return base;
    case "quote units":
      return quote;
    case "share units":
      return share;
    case "1e-18":
      return 18;
    case "1e-30":
      return 30;
    // The value of a whole share in whole quote tokens.
    case "quote units per share unit, 1e-30":
      return 30 + quote - share;
    default:
      return 0;
  }
}

interface FlatType {
  readonly name: string;
  readonly type: string;
}

/** A struct's members take the place of the struct. */
function flattenTypes(inputs: readonly ParamType[]): readonly FlatType[] {
  return inputs.flatMap(({ name, type, components }) =>
    components === null ? [{ name, type }] : flattenTypes(components),
  );
}

function flatten(
  inputs: readonly ParamType[],
  values: readonly unknown[],
): readonly { readonly name: string; readonly value: unknown }[] {
  return inputs.flatMap(({ name, components }, i) =>
    components === null
      ? [{ name, value: values[i] }]
      : flatten(components, (values[i] as { toArray(): unknown[] }).toArray()),
  );
}

function textOf(value: unknown): string {
  return typeof value === "bigint" ? value.toString() : String(value);
}

/** By emitter and topic. */
const TABLES: ReadonlyMap<string, KnownEvent> = new Map(
  EMITTERS.flatMap((emitter) =>
    INTERFACES[emitter].flatMap((abi) => {
      const fragments: EventFragment[] = [];
      abi.forEachEvent((fragment) => fragments.push(fragment));
      return fragments.map((fragment): [string, KnownEvent] => {
        const table = { emitter, event: fragment.name, signature: fragment.format(), columns: columnsOf(fragment) };
        return [`${emitter} ${fragment.topicHash}`, { table, fragment, abi }];
      });
    }),
  ),
);
