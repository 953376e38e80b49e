import { ponder } from "ponder:registry";
import * as schema from "ponder:schema";

import { COVERAGE } from "./handlers/coverage.ts";
import type { IndexedEvent, Store } from "./handlers/store.ts";

/** The part of Ponder's store that is used, for tables that are known by name only. */
interface Database {
  find(table: unknown, key: object): Promise<never>;
  insert(table: unknown): { values(row: object): { onConflictDoUpdate(row: object): Promise<void> } };
}

/** Ponder's store behind the interface of the handlers. A row is always written whole. */
function storeOf(db: Database): Store {
  return {
    find: (table, key) => db.find(schema[table], key),
    put: (table, row) => db.insert(schema[table]).values(row).onConflictDoUpdate(row),
  };
}

const registry = ponder as { on(event: string, index: object): void };
for (const [contract, { handlers }] of Object.entries(COVERAGE)) {
  for (const [name, handler] of Object.entries(handlers)) {
    const index = async ({ event, context }: { event: IndexedEvent; context: { db: Database } }): Promise<void> => {
      await handler(event, storeOf(context.db));
    };
    // Names come from a list, so Ponder's types cannot tell which event it is; a test holds the list against the ABIs.
    registry.on(`${contract}:${name}`, index);
  }
}
