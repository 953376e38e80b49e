// `npm run bench [-- names --json file]`: how fast the simulators are on one core, by processor time.

import { writeFileSync } from "node:fs";
import os from "node:os";
import { parseArgs } from "node:util";

import { measureBars } from "./bars.ts";
import { measureExactSwaps } from "./exactSwaps.ts";
import { measureMonteCarlo } from "./monteCarlo.ts";

/** What each figure should reach on one core, and how it is measured. */
const BENCHES = {
  bars: { figure: "barsPerSecond", goal: 400_000, measure: measureBars },
  exactSwaps: { figure: "exactSwapsPerSecond", goal: 500_000, measure: measureExactSwaps },
  monteCarlo: { figure: "monteCarloStepsPerSecond", goal: 40_000_000, measure: measureMonteCarlo },
} as const;

type BenchName = keyof typeof BENCHES;

function main(): void {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: "string" }, help: { type: "boolean", short: "h" } },
  });
  const names = Object.keys(BENCHES) as BenchName[];
  if (values.help) {
    console.log(`npm run bench [-- names --json file]\n\nNames: ${names.join(", ")} (default: all)`);
    return;
  }
  const unknown = positionals.find((name) => !names.some((known) => known === name));
  if (unknown !== undefined) {
    console.error(`There is no bench ${unknown}; there are ${names.join(", ")}.`);
    process.exitCode = 1;
    return;
  }
  const machine = {
    cpu: os.cpus()[0]?.model ?? "unknown",
    cores: os.availableParallelism(),
    load: os.loadavg()[0] ?? 0,
  };
  const results: Record<string, unknown> = { machine, node: process.version };
  for (const name of names.filter((each) => positionals.length === 0 || positionals.includes(each))) {
    const { figure, goal, measure } = BENCHES[name];
    const found: Record<string, unknown> = { ...measure() };
    Object.assign(results, found);
    const reached = Number(found[figure]);
    const percent = Math.round((reached / goal) * 100);
    console.log(`${figure.padEnd(26)} ${whole(reached).padStart(12)}   ${percent} % of the goal of ${whole(goal)}`);
  }
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, undefined, 2)}\n`);
}

function whole(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

main();
