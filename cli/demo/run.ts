import { rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import packageJson from "../../package.json" with { type: "json" };
import { requireExplained } from "../../sdk/sim/attribution.ts";
import { DEFAULT_VOLUME } from "../../sdk/sim/volume.ts";
import { startDashboard } from "../../web/server.ts";
import type { Dashboard } from "../../web/server.ts";
import type { DashboardState } from "../../web/state.ts";
import { formatAmount, parseAmount } from "../amount.ts";
import { USUAL_GAS_PRICE_GWEI } from "./options.ts";
import type { DemoOptions } from "./options.ts";
import type { CommandContext } from "../context.ts";
import { LOCAL_DEPLOYMENT_FILE, ROOT, display, findDeployment, writeDeployment } from "../deployment.ts";
import { UsageError, throwIfAborted } from "../errors.ts";
import { displayNumber, toJson } from "../output.ts";
import type { Output } from "../output.ts";
import { drawChart } from "./chart.ts";
import { describeForDashboard } from "./dashboard.ts";
import { prepareMarket } from "./market.ts";
import type { DemoMarket } from "./market.ts";
import { openDirectory } from "../outputFiles.ts";
import { createProgress } from "../progress.ts";
import { createReplay } from "./replay.ts";
import type { Replay } from "./replay.ts";
import { analyseReplay } from "./result.ts";
import { printResult } from "./tables.ts";
import type { TwinWorld, WorldOptions } from "./world.ts";

const DEFAULT_RPC_PORT = 8_545;
const DEFAULT_DASHBOARD_PORT = 8_600;
const QUOTE_DECIMALS = 6;
/** A vault much larger than this would be the twin's pool rather than a part of it. */
const DEPOSIT_LIMITS = { min: 1_000, max: 10_000_000 } as const;
/** While the chain is served, market and keeper move once in this time, and the chain's clock with them. */
const LIVE_STEP_SECONDS = 12;

/** Runs the demo from the first block to the report, and serves its chain until Ctrl-C unless --once is given. */
export async function runDemo(options: DemoOptions, context: CommandContext): Promise<void> {
  const { output, signal } = context;
  const depositQuote = checkDeposit(options.deposit);
  const files = prepareFiles(options);
  const market = prepareMarket(options);
  const isServing = options.once !== true;

  output.note(`Starting a twin of mainnet with a vault of ${displayNumber(Number(depositQuote), 0)} USDC…`);
  const world = await createWorld(options, market, depositQuote);
  let dashboard: Dashboard | undefined;
  try {
    throwIfAborted(signal);
    const progress = { done: 0, total: market.steps.length };
    let phase: DashboardState["phase"] = "replaying";
    const replay = createReplay(world, {
      start: market.start,
      steps: market.steps,
      volume: { ...DEFAULT_VOLUME, dailyTurnover: options.turnover },
      hoursPerSecond: options.speed,
      signal,
      onProgress: (done) => {
        progress.done = done;
        bar.update(done, progress.total);
      },
    });
    if (options.headless !== true) {
      const readState = (): DashboardState => describeForDashboard(replay.record, world.units, { ...progress }, phase);
      dashboard = await onFreePort(options.dashboardPort, DEFAULT_DASHBOARD_PORT, (port) =>
        startDashboard({ port, readState }),
      );
      output.note(`Dashboard: ${dashboard.url}`);
    }
    announceChain(world, output);
    const bar = await createProgress(output, `Replaying ${market.window.hours} hours`);
    try {
      await replay.run();
    } finally {
      bar.stop();
    }
    report(replay, world, market, options, depositQuote, files, output);
    if (!isServing) return;
    phase = "serving";
    output.note("\nThe chain keeps running, with market and keeper; Ctrl-C ends it.");
    await serve(world, market, output, signal);
  } finally {
    await dashboard?.close();
    forgetDeployment(world);
    await world.close();
  }
}

// --- before

function checkDeposit(text: string): string {
  const units = parseAmount(text, QUOTE_DECIMALS, "USDC");
  const amount = formatAmount(units, QUOTE_DECIMALS);
  const { min, max } = DEPOSIT_LIMITS;
  if (Number(amount) >= min && Number(amount) <= max) return amount;
  throw new UsageError(
    `--deposit ${text} does not suit the twin's pool; choose between ${displayNumber(min, 0)} and ${displayNumber(max, 0)}.`,
  );
}

interface DemoFiles {
  readonly chart: string;
  readonly report: string;
  /** Asked for by --json FILE. */
  readonly json: string | undefined;
}

/** Finds out that a file cannot be written before the replay, not after it. */
function prepareFiles(options: DemoOptions): DemoFiles {
  const json = typeof options.json === "string" ? path.resolve(options.json) : undefined;
  const out = path.resolve(options.out);
  for (const directory of [out, ...(json === undefined ? [] : [path.dirname(json)])]) {
    const problem = openDirectory(directory);
    if (problem === undefined) continue;
    throw new UsageError(
      `The directory ${display(directory)} cannot be written (${problem}). Choose another with --out or --json.`,
    );
  }
  return { chart: path.join(out, "chart.svg"), report: path.join(out, "report.json"), json };
}

function gasPriceOf({ gasPriceGwei, hedge }: DemoOptions): number {
  return gasPriceGwei ?? USUAL_GAS_PRICE_GWEI[hedge];
}

async function createWorld(options: DemoOptions, market: DemoMarket, depositQuote: string): Promise<TwinWorld> {
  const createTwinWorld = await loadWorld();
  const create = (rpcPort: number | undefined): Promise<TwinWorld> =>
    createTwinWorld({
      startPrice: market.start.price,
      startTimestamp: market.start.timestamp,
      depositQuote,
      rangeWidth: options.width,
      isFeeGateEnabled: options.feeGate,
      hedge: options.hedge,
      gasPriceGwei: gasPriceOf(options),
      rpcPort,
    });
  if (options.once === true) return create(undefined);
  const world = await onFreePort(options.rpcPort, DEFAULT_RPC_PORT, create);
  if (world.deployment !== undefined) writeDeployment(LOCAL_DEPLOYMENT_FILE, world.deployment);
  return world;
}

/** Addresses of a chain that has ended help nobody; those of another demo that runs stay. */
function forgetDeployment({ deployment }: TwinWorld): void {
  if (deployment === undefined || findDeployment(LOCAL_DEPLOYMENT_FILE)?.rpcUrl !== deployment.rpcUrl) return;
  rmSync(LOCAL_DEPLOYMENT_FILE);
}

/** Hardhat, which carries the twin, finds its configuration through the working directory at the time it is loaded. */
async function loadWorld(): Promise<(options: WorldOptions) => Promise<TwinWorld>> {
  const workingDirectory = process.cwd();
  process.chdir(ROOT);
  try {
    return (await import("./world.ts")).createTwinWorld;
  } finally {
    process.chdir(workingDirectory);
  }
}

/** The port the user chose, or else the usual one, or else any that is free. */
async function onFreePort<T>(
  chosen: number | undefined,
  usual: number,
  listen: (port: number) => Promise<T>,
): Promise<T> {
  try {
    return await listen(chosen ?? usual);
  } catch (error) {
    if (!isPortTaken(error)) throw error;
    if (chosen !== undefined)
      throw new UsageError(`The port ${chosen} cannot be used. Choose another, or 0 for any free one.`);
    return listen(0);
  }
}

function isPortTaken(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === "EADDRINUSE" || code === "EACCES";
}

function announceChain(world: TwinWorld, output: Output): void {
  if (world.deployment?.rpcUrl === undefined) return;
  const { rpcUrl, chainId } = world.deployment;
  const { depositor } = world.accounts;
  output.note(`JSON-RPC: ${rpcUrl} (chain ${chainId}), addresses in ${display(LOCAL_DEPLOYMENT_FILE)}`);
  output.note(
    `Try in another terminal: npx hedgerow status; npx hedgerow redeem --shares 1000 --account ${depositor.address}`,
  );
  output.note(
    `The depositor's key is a public test key: export DEPOSITOR_KEY=${depositor.privateKey} for --private-key-env DEPOSITOR_KEY`,
  );
}

// --- after

function report(
  replay: Replay,
  world: TwinWorld,
  market: DemoMarket,
  options: DemoOptions,
  depositQuote: string,
  files: DemoFiles,
  output: Output,
): void {
  const { record } = replay;
  const analysis = analyseReplay(record, world.units, {
    source: market.source,
    window: market.window,
    stepsPerHour: options.stepsPerHour,
    rangeWidth: options.width,
    isFeeGateEnabled: options.feeGate,
    depositQuote: Number(depositQuote),
    hedge: options.hedge,
    gasPriceGwei: gasPriceOf(options),
    dailyTurnover: options.turnover,
    versions: { hedgerow: packageJson.version, node: process.version, ...packageJson.dependencies },
  });
  const json = toJson(analysis.result);
  writeFileSync(files.chart, drawChart(analysis, record.samples, record.rebalances));
  writeFileSync(files.report, `${json}\n`);
  if (files.json !== undefined) writeFileSync(files.json, `${json}\n`);
  if (options.json === true) output.line(json);
  else printResult(output, analysis.result);
  output.note(`\nChart: ${display(files.chart)}, report: ${display(files.report)}`);
  requireExplained(analysis.attribution);
}

/** Lets time pass for visitors: the price stands still, trades go on, feeds and keeper stay awake. */
async function serve(world: TwinWorld, market: DemoMarket, output: Output, signal: AbortSignal): Promise<void> {
  const price = market.steps.at(-1)?.price ?? market.start.price;
  const startedAt = performance.now();
  const chainStart = await world.timestamp();
  while (!signal.aborted) {
    await delay(LIVE_STEP_SECONDS * 1_000, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    // The chain's clock keeps pace with the wall's, whatever the blocks of visitors added to it.
    const now = chainStart + Math.round((performance.now() - startedAt) / 1_000);
    try {
      const timestamp = Math.max(now, (await world.timestamp()) + LIVE_STEP_SECONDS / 2);
      await world.step({ timestamp, price, volumeQuote: 0 });
      await world.answer(timestamp);
      const { kind, text } = await world.tick(signal);
      if (kind !== "held") output.note(`keeper ${kind}: ${text}`);
    } catch (error) {
      // A visitor's transaction may take the block that a step had prepared; the next step finds the chain as it is.
      output.note(`market: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
