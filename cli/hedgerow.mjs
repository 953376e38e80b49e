#!/usr/bin/env node
// The `hedgerow` command: finds (on a fresh clone: installs) what cli/main.ts needs and runs it under the pinned Node.

import path from "node:path";

import { ROOT, environment, runCommand, runMain } from "../scripts/processes.mjs";
import { ensureSetup } from "../scripts/runtime.mjs";

/** Commands that touch no chain: they need no compiled contracts. */
const OFFLINE = new Set(["backtest", "keystore", "plan", "position", "simulate", "strip", "sweep", "sweep-worker"]);

await runMain(async (args) => {
  const node = await ensureSetup({ tests: false, contracts: !OFFLINE.has(args[0]) });
  return runCommand(node, [path.join(ROOT, "cli", "main.ts"), ...args], { env: environment(node) });
});
