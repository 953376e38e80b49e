#!/usr/bin/env node
// The `hedgerow` command: finds (on a fresh clone: installs) what cli/main.ts needs and runs it under the pinned Node.

import path from "node:path";

import { ROOT, environment, runCommand, runMain } from "../scripts/processes.mjs";
import { ensureSetup } from "../scripts/runtime.mjs";

await runMain(async (args) => {
  const node = await ensureSetup({ tests: false });
  return runCommand(node, [path.join(ROOT, "cli", "main.ts"), ...args], { env: environment(node) });
});
