// `npm test [-- files and flags]`: the Solidity tests (*.t.sol), then the mocha tests (*.test.ts), so that mocha's summary
// is the last word. Files choose the runner; flags such as --grep go to every runner that runs, --bail to mocha.

import { readdirSync } from "node:fs";
import path from "node:path";

import { ROOT, runCommand } from "./processes.mjs";

const HARDHAT = path.join(ROOT, "node_modules", "hardhat", "dist", "src", "cli.js");

/** Files below the directory with this ending, sorted: Hardhat alone would load every helper in test/ as a test. */
function listFiles(directory, ending) {
  return readdirSync(path.join(ROOT, directory), { recursive: true })
    .filter((name) => name.endsWith(ending))
    .map((name) => path.join(directory, name))
    .sort();
}

/** What the Solidity runner said of its failures. */
const solidityFailures = [];

/**
 * Hardhat's Solidity runner ends with "12 passing" as mocha does; reworded, only one line reads like that. From its count of
 * failures on, lines are kept: they are said again at the end, where a log that was cut still has them.
 */
function readSolidityLine(line) {
  const reworded = line.replace(/^\s*((?:\u001b\[\d+m)*)(\d+) (passing|failing|skipped)/, "  $1$2 Solidity tests $3");
  if (solidityFailures.length > 0 || / Solidity tests failing/.test(reworded)) solidityFailures.push(reworded);
  return reworded;
}

const args = process.argv.slice(2);
const chosen = args.filter((argument) => /\.(ts|sol)$/.test(argument));
const flags = args.filter((argument) => !chosen.includes(argument));
const all = [...listFiles("test", ".test.ts"), ...listFiles("test", ".t.sol"), ...listFiles("contracts", ".t.sol")];
const files = chosen.length > 0 ? chosen : all;
const solidityFiles = files.filter((file) => file.endsWith(".sol"));
const mochaFiles = files.filter((file) => file.endsWith(".ts"));

// Behind the filter of rewordSummary a runner sees no terminal, so the choice is made here for both.
const color = process.stdout.isTTY ? { FORCE_COLOR: "1" } : { NO_COLOR: "1" };
const env = process.env.FORCE_COLOR === undefined ? { ...process.env, ...color } : process.env;
const run = (runner, runnerFlags, runnerFiles, options) =>
  runCommand(process.execPath, [HARDHAT, "test", runner, "--no-compile", ...runnerFlags, ...runnerFiles], {
    cwd: ROOT,
    env,
    ...options,
  });

let solidityCode = 0;
if (solidityFiles.length > 0) {
  const solidityFlags = flags.filter((flag) => flag !== "--bail");
  solidityCode = await run("solidity", solidityFlags, solidityFiles, { mapLine: readSolidityLine });
}
let mochaCode = 0;
if (mochaFiles.length > 0) mochaCode = await run("mocha", flags, mochaFiles);

if (solidityCode !== 0 && mochaFiles.length > 0) {
  process.stderr.write(`hedgerow: Solidity tests failed, before mocha's:\n\n${solidityFailures.join("\n")}\n`);
}
process.exitCode = solidityCode || mochaCode;
