// `npm run invariants [-- --long] [--suite name] [--seed 0x…] [--runs n] [--depth n] [--json file]`: runs the stateful
// suites of test/invariant, every suite with every recorded seed, and prints what was called, lost and found.
//
// Each campaign is a process of its own (this script with `--campaign`), so that Ctrl-C ends it and its memory goes.

import { type ChildProcess, fork } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";

import Table from "cli-table3";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";

import config from "../hardhat.config.ts";

const ROOT = path.dirname(import.meta.dirname);
const SUITES_FILE = path.join(ROOT, "test", "invariant", "suites.json");
/** Where the suites may write what they saw; see fsPermissions in hardhat.config.ts. */
const GHOSTS_DIRECTORY = path.join(ROOT, "cache", "invariants");
const WAD = 10n ** 18n;
const INTERRUPTED_EXIT_CODE = 130;

/** Runs and depth. */
type Size = readonly [runs: number, depth: number];

interface Suite {
  readonly name: string;
  readonly file: string;
  readonly test: string;
  readonly short: Size;
  readonly long: Size;
}

interface SuitesFile {
  readonly seeds: readonly string[];
  readonly suites: readonly Suite[];
}

/** One suite with one seed. */
interface Campaign {
  readonly suite: string;
  readonly file: string;
  readonly test: string;
  readonly seed: string;
  readonly runs: number;
  readonly depth: number;
}

/** What the runner itself counted. */
interface Outcome {
  readonly passed: boolean;
  readonly calls: number;
  readonly reverts: number;
}

/** What the handlers saw, over all runs of a campaign; absent where a suite keeps no such book. */
interface Ghosts {
  /** Action to [tried, done]. */
  readonly actions: Readonly<Record<string, readonly [number, number]>>;
  readonly worstWindowWad?: string;
  readonly attackerProfit?: string;
  readonly sandwichTake?: string;
  readonly hedgeTake?: string;
  readonly bounties?: string;
  readonly worstTurnoverWad?: string;
  readonly worstRounding?: string;
}

interface Result extends Campaign, Outcome {
  readonly seconds: number;
  readonly ghosts?: Ghosts;
}

// --- one campaign, in a process of its own

/** Runs a campaign and tells the parent what the runner counted. */
async function runCampaign(campaign: Campaign): Promise<void> {
  const ordinary = config.test?.solidity ?? {};
  const invariant = "invariant" in ordinary ? ordinary.invariant : {};
  const solidity = {
    ...ordinary,
    fuzz: { seed: campaign.seed },
    invariant: { ...invariant, shrinkRunLimit: 0, runs: campaign.runs, depth: campaign.depth },
  };
  const hre = await createHardhatRuntimeEnvironment({ ...config, test: { ...config.test, solidity } }, {}, ROOT);
  const result: unknown = await hre.tasks.getTask(["test", "solidity"]).run({
    testFiles: [path.join("test", "invariant", campaign.file)],
    grep: `^${campaign.test}\\(`,
    noCompile: true,
  });
  process.send?.(readOutcome(result, campaign.test));
}

/** Finds the campaign in what Hardhat's task returns, and takes nothing for granted about its shape. */
function readOutcome(result: unknown, test: string): Outcome {
  const { value, error } = result as Record<"value" | "error", { suiteResults?: readonly SuiteResult[] } | undefined>;
  const tests = ((value ?? error)?.suiteResults ?? []).flatMap((suite) => suite.testResults);
  const found = tests.find(({ name }) => name.startsWith(test));
  if (found === undefined) return { passed: false, calls: 0, reverts: 0 };
  const { calls = 0n, reverts = 0n } = found.kind;
  return { passed: found.status === "Success", calls: Number(calls), reverts: Number(reverts) };
}

interface SuiteResult {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly kind: { readonly calls?: bigint; readonly reverts?: bigint };
  }[];
}

// --- all campaigns

let running: ChildProcess | undefined;

/** Runs a campaign in a child process; its output is shown when it fails. */
async function runChild(campaign: Campaign): Promise<Result> {
  const ghostsFile = path.join(GHOSTS_DIRECTORY, `${campaign.suite}.ghosts`);
  rmSync(ghostsFile, { force: true });
  const startedAt = performance.now();
  const child = fork(import.meta.filename, ["--campaign", JSON.stringify(campaign)], {
    cwd: ROOT,
    env: { ...process.env, HEDGEROW_GHOSTS: "true", NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  running = child;
  const output: Buffer[] = [];
  child.stdout?.on("data", (chunk: Buffer) => output.push(chunk));
  child.stderr?.on("data", (chunk: Buffer) => output.push(chunk));
  let outcome: Outcome = { passed: false, calls: 0, reverts: 0 };
  child.on("message", (message) => (outcome = message as Outcome));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  running = undefined;
  const seconds = (performance.now() - startedAt) / 1_000;
  const passed = outcome.passed && code === 0;
  if (!passed) process.stderr.write(Buffer.concat(output));
  const ghosts = passed ? readGhosts(ghostsFile, campaign.runs) : undefined;
  return { ...campaign, ...outcome, passed, seconds, ...(ghosts === undefined ? {} : { ghosts }) };
}

/** Adds up the lines of a campaign, one a run. The runner plays the last run twice, and so writes one line too many. */
function readGhosts(file: string, runs: number): Ghosts | undefined {
  if (!existsSync(file)) return undefined;
  const lines = readFileSync(file, "utf8").trim().split("\n").slice(0, runs);
  return lines.map(parseGhosts).reduce(addGhosts);
}

/** Reads `name=tried/done` and `name=value`, separated by semicolons. */
function parseGhosts(line: string): Ghosts {
  const actions: Record<string, [number, number]> = {};
  const figures: Record<string, string> = {};
  for (const [name = "", value = ""] of line.split(";").map((entry) => entry.split("="))) {
    const [tried = "", done] = value.split("/");
    if (done === undefined) figures[name] = tried;
    else actions[name] = [Number(tried), Number(done)];
  }
  return { ...figures, actions };
}

function addGhosts(left: Ghosts, right: Ghosts): Ghosts {
  const actions = { ...left.actions };
  for (const [name, [tried, done]] of Object.entries(right.actions)) {
    const [triedBefore, doneBefore] = actions[name] ?? [0, 0];
    actions[name] = [triedBefore + tried, doneBefore + done];
  }
  return {
    actions,
    ...pick("worstWindowWad", left, right, max),
    ...pick("attackerProfit", left, right, max),
    ...pick("sandwichTake", left, right, (a, b) => a + b),
    ...pick("hedgeTake", left, right, (a, b) => a + b),
    ...pick("bounties", left, right, (a, b) => a + b),
    ...pick("worstTurnoverWad", left, right, max),
    ...pick("worstRounding", left, right, max),
  };
}

type Figure = Exclude<keyof Ghosts, "actions">;

function pick(name: Figure, left: Ghosts, right: Ghosts, join: (a: bigint, b: bigint) => bigint): Partial<Ghosts> {
  const [a, b] = [left[name], right[name]];
  return a === undefined || b === undefined ? {} : { [name]: join(BigInt(a), BigInt(b)).toString() };
}

const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);

// --- the report

/** What the policies of all suites let a vault lose in any 24 hours. */
const BUDGET = "1 %";

const percent = (wad: string): string => `${((Number(BigInt(wad)) / Number(WAD)) * 100).toFixed(3)} %`;
const dollars = (units: string): string => (Number(BigInt(units)) / 1e6).toFixed(2);

function printTable(results: readonly Result[]): void {
  const table = new Table({
    head: [
      "suite",
      "seed",
      "runs x depth",
      "calls",
      "worst 24 h",
      "turnover 24 h",
      "attacker",
      "hedgeNow",
      "bounties",
      "rounding",
      "s",
      "calls/s",
      "",
    ],
    style: { head: [], border: [] },
  });
  for (const r of results) {
    const { worstWindowWad, worstTurnoverWad, attackerProfit, hedgeTake, bounties, worstRounding } = r.ghosts ?? {};
    table.push([
      r.suite,
      shorten(r.seed),
      `${r.runs} x ${r.depth}`,
      r.calls.toLocaleString("en"),
      worstWindowWad === undefined ? "" : `${percent(worstWindowWad)} of ${BUDGET}`,
      worstTurnoverWad === undefined ? "" : percent(worstTurnoverWad),
      attackerProfit === undefined ? "" : dollars(attackerProfit),
      hedgeTake === undefined ? "" : dollars(hedgeTake),
      bounties === undefined ? "" : dollars(bounties),
      worstRounding ?? "",
      r.seconds.toFixed(1),
      (r.calls / r.seconds).toFixed(0),
      r.passed ? "ok" : "FAIL",
    ]);
  }
  console.log(table.toString());
  const actions = results.flatMap(({ ghosts }) => (ghosts === undefined ? [] : [ghosts])).reduce(addGhosts, NOTHING);
  console.log("\nActions, done of tried:");
  for (const [name, [tried, done]] of Object.entries(actions.actions).sort()) {
    console.log(`  ${name.padEnd(24)} ${done.toLocaleString("en")} of ${tried.toLocaleString("en")}`);
  }
}

const NOTHING: Ghosts = { actions: {} };
const shorten = (seed: string): string => (seed.length > 14 ? `${seed.slice(0, 6)}…${seed.slice(-4)}` : seed);

function planCampaigns(options: Options): readonly Campaign[] {
  const { seeds, suites } = JSON.parse(readFileSync(SUITES_FILE, "utf8")) as SuitesFile;
  const wanted = suites.filter(({ name }) => options.suite === undefined || options.suite.includes(name));
  if (wanted.length === 0) throw new Error(`There is no such suite. Choose from: ${suites.map((s) => s.name).join()}.`);
  const chosenSeeds = options.seed ?? (options.long === true ? seeds : seeds.slice(0, 1));
  return wanted.flatMap(({ name, file, test, short, long }) => {
    const [runs, depth] = options.long === true ? long : short;
    const size = { runs: Number(options.runs ?? runs), depth: Number(options.depth ?? depth) };
    return chosenSeeds.map((seed) => ({ suite: name, file, test, seed, ...size }));
  });
}

interface Options {
  readonly long?: boolean | undefined;
  readonly suite?: string[] | undefined;
  readonly seed?: string[] | undefined;
  readonly runs?: string | undefined;
  readonly depth?: string | undefined;
  readonly json?: string | undefined;
}

async function runAll(options: Options): Promise<void> {
  const campaigns = planCampaigns(options);
  mkdirSync(GHOSTS_DIRECTORY, { recursive: true });
  process.once("SIGINT", () => {
    running?.kill("SIGKILL");
    process.exit(INTERRUPTED_EXIT_CODE);
  });
  const results: Result[] = [];
  for (const campaign of campaigns) {
    const place = `${results.length + 1}/${campaigns.length}`;
    process.stderr.write(`${place} ${campaign.suite} ${shorten(campaign.seed)} … `);
    const result = await runChild(campaign);
    process.stderr.write(`${result.passed ? "ok" : "FAIL"}, ${result.calls} calls in ${result.seconds.toFixed(1)} s\n`);
    results.push(result);
  }
  printTable(results);
  const calls = results.reduce((sum, result) => sum + result.calls, 0);
  const seconds = results.reduce((sum, result) => sum + result.seconds, 0);
  const failed = results.filter(({ passed }) => !passed).length;
  console.log(
    `\n${calls.toLocaleString("en")} calls in ${seconds.toFixed(0)} s, ${failed} of ${results.length} failed.`,
  );
  if (options.json !== undefined) {
    writeFileSync(options.json, `${JSON.stringify({ calls, seconds, failed, results }, null, 2)}\n`);
  }
  process.exitCode = failed === 0 ? 0 : 1;
}

const { values } = parseArgs({
  options: {
    campaign: { type: "string" },
    long: { type: "boolean" },
    suite: { type: "string", multiple: true },
    seed: { type: "string", multiple: true },
    runs: { type: "string" },
    depth: { type: "string" },
    json: { type: "string" },
  },
});
if (values.campaign === undefined) await runAll(values);
else await runCampaign(JSON.parse(values.campaign) as Campaign);
