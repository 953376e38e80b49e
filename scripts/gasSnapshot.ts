// Gas used by named actions, kept in bench/gas.snapshot.json. Tests in test/gas/ call recordGas; HEDGEROW_GAS=write
// stores what they measured, HEDGEROW_GAS=check compares, and anything else makes recordGas do nothing.

import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

const SNAPSHOT_FILE = path.join(path.dirname(import.meta.dirname), "bench", "gas.snapshot.json");

/** Action name to gas used. */
export type GasSnapshot = Readonly<Record<string, number>>;

const mode = process.env.HEDGEROW_GAS;
const measured = new Map<string, number>();

/**
 * Records the gas of one action. Throws if two actions share a name.
 *
 * @example recordGas("deposit, first", receipt.gasUsed);
 */
export function recordGas(name: string, gasUsed: bigint): void {
  if (mode !== "write" && mode !== "check") return;
  if (measured.has(name)) throw new Error(`Two gas measurements are called "${name}". Give each its own name.`);
  measured.set(name, Number(gasUsed));
}

/** One line for every action whose gas changed, appeared or disappeared; empty if the snapshots agree. */
export function compareGas(stored: GasSnapshot, current: GasSnapshot): readonly string[] {
  const names = [...new Set([...Object.keys(stored), ...Object.keys(current)])].sort();
  return names.flatMap((name) => {
    const before = stored[name];
    const after = current[name];
    if (before === after) return [];
    if (after === undefined) return [`${name}: no longer measured`];
    if (before === undefined) return [`${name}: ${after} (new)`];
    const percent = ((after / before - 1) * 100).toFixed(2);
    return [`${name}: ${before} -> ${after} (${after > before ? "+" : ""}${after - before}, ${percent} %)`];
  });
}

function readStored(): GasSnapshot {
  try {
    return JSON.parse(readFileSync(SNAPSHOT_FILE, "utf8")) as GasSnapshot;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw error;
  }
}

function finish(): void {
  const current = Object.fromEntries([...measured].sort(([left], [right]) => (left < right ? -1 : 1)));
  if (mode === "write") {
    writeFileSync(SNAPSHOT_FILE, `${JSON.stringify(current, null, 2)}\n`);
    return;
  }
  const changes = compareGas(readStored(), current);
  if (changes.length === 0) return;
  throw new Error(`Gas changed. If it is meant to, run npm run gas and commit the file.\n  ${changes.join("\n  ")}`);
}

// A root hook of mocha: the whole run is over, and a throw fails it.
if (mode === "write" || mode === "check") after(finish);
