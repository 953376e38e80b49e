// `npm run gas [-- --check]`: measures the gas of test/gas/ and stores it in bench/gas.snapshot.json, or compares.

import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import path from "node:path";

const ROOT = path.dirname(import.meta.dirname);
const mode = process.argv.includes("--check") ? "check" : "write";
const files = globSync("test/gas/**/*.test.ts", { cwd: ROOT }).sort();

if (files.length === 0) {
  console.log("There are no gas tests (test/gas/**/*.test.ts) yet.");
} else {
  const hardhat = path.join(ROOT, "node_modules", "hardhat", "dist", "src", "cli.js");
  const { status } = spawnSync(process.execPath, [hardhat, "test", "mocha", "--no-compile", ...files], {
    cwd: ROOT,
    env: { ...process.env, HEDGEROW_GAS: mode },
    stdio: "inherit",
  });
  process.exitCode = status ?? 1;
}
