// `npm run mutants [-- --only id,… --jobs 2 --json file --check]`: makes the mistakes of scripts/mutants/list.ts one at a
// time, in private copies of the project, and demands that every test named for a mistake fails. `--check` only looks
// whether every mutant still applies.

import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";

import project from "../hardhat.config.ts";
import {
  type BuildInfo,
  type Compilation,
  type CompiledContract,
  type CompilerResult,
  readDependents,
  startCompilation,
} from "./mutants/compiler.ts";
import { MUTANTS, type Mutant } from "./mutants/list.ts";
import { Workspace } from "./mutants/workspace.ts";

const ROOT = path.dirname(import.meta.dirname);
const BASELINE_LIMIT_SECONDS = 600;
/** A mutated test may take this many times as long as the unmutated one, and never less than the floor. */
const PATIENCE = 10;
const PATIENCE_FLOOR_SECONDS = 120;

interface Verdict {
  readonly id: string;
  readonly status: "killed" | "SURVIVED" | "did not compile" | "error";
  readonly seconds: number;
  /** The first test that failed in each file, who did not notice, or what went wrong. */
  readonly details: readonly string[];
}

// ------------------------------------------------------------------------------------------------- before anything runs

/** What is wrong with the list itself: a mutant that no longer applies tests nothing. */
function findStale(mutants: readonly Mutant[]): readonly string[] {
  const seen = new Set<string>();
  return mutants.flatMap(({ id, file, find, replace, kills, why }) => {
    const problems: string[] = [];
    if (seen.has(id)) problems.push("another mutant has the same id");
    seen.add(id);
    const occurrences = existsSync(path.join(ROOT, file))
      ? readFileSync(path.join(ROOT, file), "utf8").split(find).length - 1
      : 0;
    if (occurrences !== 1) problems.push(`its text occurs ${occurrences} times in ${file}, not once`);
    if (find === replace) problems.push("it changes nothing");
    if (kills.length === 0) problems.push("no test must notice it");
    if (why === "") problems.push("it gives no reason");
    for (const test of kills) if (!existsSync(path.join(ROOT, test))) problems.push(`there is no ${test}`);
    return problems.map((problem) => `${id}: ${problem}`);
  });
}

// -------------------------------------------------------------------------------------------------- work and clearing up

const workspaces: Workspace[] = [];
const compilations = new Set<Compilation>();

function clearUp(): void {
  for (const compilation of compilations) void compilation.stop();
  for (const workspace of workspaces.splice(0)) workspace.remove();
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => {
    clearUp();
    process.exit(128 + constants.signals[signal]);
  });
}

const { paths, solidity } = project as {
  readonly paths: { readonly sources: readonly string[] };
  readonly solidity: { readonly compilers: readonly { settings: { evmVersion: string } }[] };
};
const evmVersion = solidity.compilers[0]?.settings.evmVersion;

async function compile(root: string, files: readonly string[]): Promise<CompilerResult> {
  if (evmVersion === undefined) throw new Error("hardhat.config.ts names no evmVersion");
  const compilation = startCompilation({ root, files, evmVersion });
  compilations.add(compilation);
  try {
    return await compilation.result;
  } finally {
    compilations.delete(compilation);
  }
}

/** Hands the tasks to the workspaces, each of which works on one at a time. */
async function share<Task>(
  tasks: readonly Task[],
  work: (workspace: Workspace, task: Task) => Promise<void>,
): Promise<void> {
  const waiting = [...tasks];
  await Promise.all(
    workspaces.map(async (workspace) => {
      for (let task = waiting.shift(); task !== undefined; task = waiting.shift()) await work(workspace, task);
    }),
  );
}

/** Compiles everything that the tests can reach, divided evenly by the size of the sources. */
async function compileBaseline(
  files: readonly string[],
): Promise<readonly { readonly contracts: readonly CompiledContract[]; readonly buildInfo: BuildInfo }[]> {
  const groups = workspaces.map(() => ({ bytes: 0, files: [] as string[] }));
  const sized = files.map((file) => ({ file, bytes: statSync(path.join(ROOT, file)).size }));
  for (const { file, bytes } of sized.sort((left, right) => right.bytes - left.bytes)) {
    const smallest = groups.reduce((least, group) => (group.bytes < least.bytes ? group : least));
    smallest.files.push(file);
    smallest.bytes += bytes;
  }
  const used = groups.filter((group) => group.files.length > 0);
  const results = await Promise.all(used.map((group) => compile(ROOT, group.files)));
  return results.map((result) => {
    if (result.kind === "failed")
      throw new Error(`the contracts do not compile without the optimiser\n${result.message}`);
    return result;
  });
}

/** Runs the named tests without any mutant: one that fails anyway would "kill" everything. */
async function runBaseline(tests: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const seconds = new Map<string, number>();
  const failures: string[] = [];
  await share(tests, async (workspace, test) => {
    const outcome = await workspace.test(test, { bail: false, limitSeconds: BASELINE_LIMIT_SECONDS });
    seconds.set(test, outcome.seconds);
    console.log(`baseline  ${outcome.kind === "green" ? "green" : "FAILED"}  ${outcome.seconds.toFixed(1)} s  ${test}`);
    if (outcome.kind === "red") failures.push(`${test}: ${outcome.firstFailure}`);
    if (outcome.kind === "broken") failures.push(`${test} gave no verdict:\n${outcome.output.slice(-2_000)}`);
  });
  if (failures.length > 0) throw new Error(`These tests fail without any mutant:\n${failures.join("\n")}`);
  return seconds;
}

// ------------------------------------------------------------------------------------------------------------ mutants

interface Baseline {
  readonly contracts: readonly CompiledContract[];
  readonly seconds: ReadonlyMap<string, number>;
  /** Sources to compile again when one changes, for the tests that are to run. */
  affected(mutant: Mutant): readonly string[];
}

async function judge(
  workspace: Workspace,
  mutant: Mutant,
  baseline: Baseline,
): Promise<Omit<Verdict, "id" | "seconds">> {
  const files = baseline.affected(mutant);
  workspace.edit(mutant.file, mutant.find, mutant.replace);
  try {
    const compiled = await compile(workspace.root, files);
    if (compiled.kind === "failed") return { status: "did not compile", details: [compiled.message] };
    workspace.install(compiled.contracts);
    workspace.addBuildInfo("mutant", compiled.buildInfo);
    const unnoticed: string[] = [];
    const noticed: string[] = [];
    for (const test of mutant.kills) {
      const limitSeconds = Math.max(PATIENCE_FLOOR_SECONDS, PATIENCE * (baseline.seconds.get(test) ?? 0));
      const outcome = await workspace.test(test, { bail: true, limitSeconds });
      if (outcome.kind === "broken") {
        return { status: "error", details: [`${test} gave no verdict:`, outcome.output.slice(-2_000)] };
      }
      if (outcome.kind === "green") unnoticed.push(`not noticed by ${test}`);
      else noticed.push(`${path.basename(test)}: ${outcome.firstFailure}`);
    }
    return unnoticed.length > 0 ? { status: "SURVIVED", details: unnoticed } : { status: "killed", details: noticed };
  } finally {
    workspace.removeBuildInfo("mutant");
    workspace.restore(mutant.file);
    workspace.install(baseline.contracts.filter(({ file }) => files.includes(file)));
  }
}

async function runMutants(mutants: readonly Mutant[], jobs: number): Promise<readonly Verdict[]> {
  const tests = [...new Set(mutants.flatMap(({ kills }) => kills))].sort();
  for (let i = 0; i < Math.min(jobs, mutants.length); i++) workspaces.push(new Workspace(ROOT));
  const dependents = readDependents(ROOT);
  const isSource = (file: string): boolean => paths.sources.some((folder) => file.startsWith(`${folder}/`));
  const isReached = (file: string, named: readonly string[]): boolean =>
    file.endsWith(".t.sol") ? named.includes(file) : isSource(file) && named.some((test) => !test.endsWith(".sol"));
  const affected = ({ file, kills }: Mutant): readonly string[] =>
    [...(dependents.get(file) ?? [])].filter((dependent) => isReached(dependent, kills));

  const startedAt = performance.now();
  const compiled = await compileBaseline([...dependents.keys()].filter((file) => isReached(file, tests)));
  const contracts = compiled.flatMap((part) => part.contracts);
  for (const workspace of workspaces) {
    workspace.install(contracts);
    compiled.forEach(({ buildInfo }, i) => workspace.addBuildInfo(`baseline-${i}`, buildInfo));
  }
  console.log(
    `compiled ${contracts.length} contracts without the optimiser in ${secondsSince(startedAt).toFixed(1)} s`,
  );
  const baseline: Baseline = { contracts, affected, seconds: await runBaseline(tests) };

  const verdicts: Verdict[] = [];
  await share(mutants, async (workspace, mutant) => {
    const began = performance.now();
    const verdict: Verdict = {
      id: mutant.id,
      ...(await judge(workspace, mutant, baseline)),
      seconds: secondsSince(began),
    };
    verdicts.push(verdict);
    const place = `${String(verdicts.length).padStart(3)}/${mutants.length}`;
    console.log(`${place}  ${verdict.status}  ${verdict.seconds.toFixed(1)} s  ${mutant.id}`);
    if (verdict.status !== "killed")
      console.log(`${mutant.why}\n${verdict.details.join("\n")}`.replace(/^/gm, "         "));
  });
  const place = new Map(mutants.map(({ id }, i) => [id, i]));
  return verdicts.sort((left, right) => (place.get(left.id) ?? 0) - (place.get(right.id) ?? 0));
}

function secondsSince(startedAt: number): number {
  return (performance.now() - startedAt) / 1_000;
}

function printTable(verdicts: readonly Verdict[]): void {
  const width = Math.max(...verdicts.map(({ id }) => id.length));
  console.log("");
  for (const { id, status, seconds, details } of verdicts) {
    const [reason = ""] = details;
    console.log(
      `${status.padEnd(15)}  ${id.padEnd(width)}  ${seconds.toFixed(1).padStart(6)} s  ${reason.replace(/\n.*/s, "")}`,
    );
  }
}

// --------------------------------------------------------------------------------------------------------------- main

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: "string", multiple: true, default: [] },
      jobs: { type: "string", default: "2" },
      json: { type: "string" },
      check: { type: "boolean", default: false },
    },
  });
  const stale = findStale(MUTANTS);
  for (const problem of stale) console.error(problem);
  if (stale.length > 0) return 1;
  if (values.check) {
    console.log(`All ${MUTANTS.length} mutants apply.`);
    return 0;
  }

  const wanted = values.only.flatMap((ids) => ids.split(","));
  const unknown = wanted.filter((id) => !MUTANTS.some((mutant) => mutant.id === id));
  const jobs = Number(values.jobs);
  if (unknown.length > 0 || !Number.isInteger(jobs) || jobs < 1) {
    console.error(unknown.length > 0 ? `There is no mutant called ${unknown.join(", ")}.` : "--jobs takes 1 or more.");
    return 2;
  }
  const mutants = MUTANTS.filter(({ id }) => wanted.length === 0 || wanted.includes(id));
  const startedAt = performance.now();
  const verdicts = await runMutants(mutants, jobs);
  printTable(verdicts);
  const killed = verdicts.filter(({ status }) => status === "killed").length;
  console.log(`\nkilled ${killed}/${verdicts.length} in ${secondsSince(startedAt).toFixed(0)} s`);
  if (values.json !== undefined) {
    writeFileSync(values.json, `${JSON.stringify({ killed, total: verdicts.length, verdicts }, null, 2)}\n`);
  }
  return killed === verdicts.length ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  clearUp();
}
