// `npm run check [-- steps]`: everything that must hold at every commit and needs no test run. All steps run, two at a
// time, also after a failure; the summary names those that failed.

import { spawn } from "node:child_process";
import { existsSync, globSync } from "node:fs";
import path from "node:path";

const ROOT = path.dirname(import.meta.dirname);
const CONCURRENCY = 2;

interface Step {
  readonly name: string;
  readonly title: string;
  /** Arguments of Node: a script and its flags. */
  readonly command: readonly string[];
}

interface Outcome {
  readonly step: Step;
  readonly succeeded: boolean;
}

function modulePath(...parts: readonly string[]): string {
  return path.join(ROOT, "node_modules", ...parts);
}

const solidityFolders = ["contracts", "localnet", "test"].filter((folder) => existsSync(path.join(ROOT, folder)));
const solidityFiles = globSync(
  solidityFolders.map((folder) => `${folder}/**/*.sol`),
  { cwd: ROOT },
);

/** Produces the artifacts and types that the other steps read, so it runs alone and first. */
const BUILD: Step = { name: "build", title: "contracts compile", command: ["scripts/build.mjs"] };

const STEPS: readonly Step[] = [
  {
    name: "lint",
    title: "TypeScript lint",
    command: [modulePath("eslint", "bin", "eslint.js"), "--max-warnings", "0", "."],
  },
  { name: "types", title: "types", command: [modulePath("typescript", "bin", "tsc"), "--noEmit"] },
  {
    name: "format",
    title: "formatting",
    command: [modulePath("prettier", "bin", "prettier.cjs"), "--check", "--log-level", "warn", "."],
  },
  {
    name: "solhint",
    title: "Solidity lint",
    command: [modulePath("solhint", "solhint.js"), "--disc", "--noPoster", "--max-warnings", "0", ...solidityFiles],
  },
  { name: "mutants", title: "mutants that apply", command: ["scripts/mutants.ts", "--check"] },
  { name: "sizes", title: "contract sizes", command: ["scripts/sizes.ts"] },
  {
    name: "imports",
    title: "import rules",
    command: [
      modulePath("mocha", "bin", "mocha.js"),
      "--reporter",
      "dot",
      "--timeout",
      "120000",
      "test/architecture.test.ts",
    ],
  },
  { name: "gas", title: "gas snapshots", command: ["scripts/gas.ts", "--check"] },
];

/** Runs one step with its output held back, so that steps running side by side do not mix, and prints it at the end. */
function runStep(step: Step): Promise<Outcome> {
  const startedAt = performance.now();
  const env = { ...process.env, NO_COLOR: "1" };
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const child = spawn(process.execPath, step.command, { cwd: ROOT, env, stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.on("error", reject);
    child.on("close", (code) => {
      const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
      const succeeded = code === 0;
      const output = Buffer.concat(chunks).toString().trim();
      const details = output === "" ? "" : `${output.replace(/^/gm, "    ")}\n`;
      process.stdout.write(`${succeeded ? "ok  " : "FAIL"} ${step.title} (${seconds} s)\n${details}`);
      resolve({ step, succeeded });
    });
  });
}

async function runSteps(steps: readonly Step[]): Promise<readonly Outcome[]> {
  const waiting = [...steps];
  const outcomes: Outcome[] = [];
  const work = async (): Promise<void> => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) outcomes.push(await runStep(step));
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  return outcomes;
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !STEPS.some((step) => step.name === name));
if (unknown.length > 0) {
  const names = STEPS.map((step) => step.name).join(", ");
  process.stderr.write(`There is no check called ${unknown.join(", ")}. Choose from: ${names}.\n`);
  process.exitCode = 2;
} else {
  const startedAt = performance.now();
  const steps = STEPS.filter((step) => wanted.length === 0 || wanted.includes(step.name));
  const outcomes = [await runStep(BUILD), ...(await runSteps(steps))];
  const failed = outcomes.filter((outcome) => !outcome.succeeded).map((outcome) => outcome.step.title);
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  const verdict = failed.length === 0 ? `All ${outcomes.length} checks passed` : `Failed: ${failed.join(", ")}`;
  process.stdout.write(`\n${verdict} (${seconds} s)\n`);
  process.exitCode = failed.length === 0 ? 0 : 1;
}
