import type { Hex, Tables } from "./rows.ts";

/** The part of a database that the handlers need; Ponder's store fits behind it. */
export interface Store {
  find<T extends keyof Tables>(table: T, key: Partial<Tables[T]>): Promise<Tables[T] | null>;
  /** Makes a row, or replaces the one with its key. */
  put<T extends keyof Tables>(table: T, row: Tables[T]): Promise<void>;
}

/** One decoded log, as Ponder hands it over. */
export interface IndexedEvent {
  /** Unique over all logs. */
  readonly id: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly log: { readonly address: Hex };
  readonly block: { readonly number: bigint; readonly timestamp: bigint };
  readonly transaction: { readonly hash: Hex };
}

export type Handler = (event: IndexedEvent, store: Store) => Promise<void>;
export type Handlers = Readonly<Record<string, Handler>>;

export const ZERO_ADDRESS: Hex = "0x0000000000000000000000000000000000000000";

/** An argument that is an address, in lower case: nodes and decoders disagree on it. */
export function address(event: IndexedEvent, name: string): Hex {
  return lower(event.args[name] as Hex);
}

export function lower(text: Hex): Hex {
  return text.toLowerCase() as Hex;
}

/** An argument of more than 48 bits. */
export function amount(event: IndexedEvent, name: string): bigint {
  return BigInt(event.args[name] as bigint);
}

export function flag(event: IndexedEvent, name: string): boolean {
  return event.args[name] === true;
}

/** Null for the zero address. */
export function optional(text: Hex): Hex | null {
  return text === ZERO_ADDRESS ? null : text;
}

/**
 * A row that must be there.
 *
 * Throws Error when it is not: an event was missed, and figures that look right would be wrong.
 */
export async function require<T extends keyof Tables>(
  store: Store,
  table: T,
  key: Partial<Tables[T]>,
): Promise<Tables[T]> {
  const row = await store.find(table, key);
  if (row === null)
    throw new Error(`There is no ${table} ${Object.values(key).join(" ")}. Index from the factory's block on.`);
  return row;
}
