import type { Eip1193Provider } from "ethers";

import { planFor } from "../sdk/policy/plan.ts";
import { readSnapshots, type RpcSender } from "../sdk/chain/snapshot.ts";
import { decide } from "../sdk/policy/decide.ts";
import type { Market, Snapshot } from "../sdk/policy/types.ts";
import type { Alert } from "./alerts.ts";
import { type Clock, systemClock } from "./clock.ts";
import { ConfigError, type KeeperConfig } from "./config.ts";
import { type FeeGrowth, readFeeGrowth } from "./feeFlow.ts";
import { createFlights } from "./flights.ts";
import { createOrderWatch } from "./orders.ts";
import type { GuardRules } from "./guard.ts";
import { createHealth, type HealthStatus } from "./health.ts";
import { serveHealth } from "./healthServer.ts";
import { Journal } from "./journal.ts";
import { createLog, type KeeperLog, LogEvent } from "./log.ts";
import { runLoop } from "./loop.ts";
import { isFlowDue, observeMarket } from "./market.ts";
import type { TickRecord } from "./outcomes.ts";
import { previewSubmit } from "./preview.ts";
import {
  checkChain,
  connectEip1193,
  connectUrl,
  type Head,
  readBlock,
  readGenesisHash,
  readHead,
  readReceipt,
} from "./rpc.ts";
import { describeRpcError } from "./rpcErrors.ts";
import { type KeeperSigner, openSigner } from "./signers.ts";
import { Submitter } from "./submitter.ts";
import { createTermsReader, type TermsReader } from "./terms.ts";
import { type Executor, type Policy, tick, type TickDeps } from "./tick.ts";
import { verifyIntent } from "./verify.ts";

/** Health and metrics are for this machine; whoever wants them elsewhere puts a proxy in front. */
const LOCALHOST = "127.0.0.1";

/** What a caller may put in place of the keeper's own parts. */
export interface KeeperOptions {
  /** Anything with `send(method, params)`: an ethers provider over any transport. Default: HTTP to `config.rpcUrl`. */
  readonly rpc?: RpcSender;
  /** A chain inside this process; takes the place of `rpc`. */
  readonly eip1193?: Eip1193Provider;
  /** Default: the machine's. A replay passes the time of its chain. */
  readonly clock?: Clock;
  readonly log?: KeeperLog;
  readonly signer?: KeeperSigner;
  readonly policy?: Policy;
}

/** A keeper that is wired and checked, and ticks when told to. */
export interface Keeper {
  /** Account that would act. */
  readonly address: string;
  readonly journal: Journal;
  /** One run over all vaults; never rejects for what a node or a vault does. */
  tick(signal?: AbortSignal): Promise<TickRecord>;
  /** Ticks at every new block until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
  status(): HealthStatus;
  /** Frees journal and connection; ticks after it fail. */
  close(): void;
}

/**
 * Connects, checks chain and addresses, opens key and journal.
 *
 * Throws ConfigError, DeadRpcError, WrongChainError, NoCodeError, SignerError or JournalError, each with what to do.
 *
 * @example
 * const keeper = await createKeeper(loadConfig({ overrides }), { eip1193: twin.provider, clock });
 * const record = await keeper.tick();
 */
export async function createKeeper(config: KeeperConfig, options: KeeperOptions = {}): Promise<Keeper> {
  const clock = options.clock ?? systemClock;
  const log = options.log ?? createLog(config.logLevel);
  const { rpc, disconnect } = connect(config, options);
  let journal: Journal | undefined;
  try {
    await checkChain(rpc, config.chainId, {
      lens: config.lens,
      ...Object.fromEntries(config.vaults.map((vault, i) => [`vaults[${i}]`, vault])),
    });
    const signer =
      options.signer ?? (config.signer === undefined ? undefined : await openSigner(config.signer, config.chainId));
    journal = Journal.open(config.journalPath);
    journal.bindChain(config.chainId, await readGenesisHash(rpc));
    const readTerms = createTermsReader(rpc, log, config);
    const policy = options.policy ?? policyOf(config);
    return wire({ config, rpc, disconnect, clock, log, signer, journal, policy, readTerms });
  } catch (error) {
    journal?.close();
    disconnect();
    throw error;
  }
}

/** Creates a keeper and runs it until the signal aborts. */
export async function runKeeper(
  config: KeeperConfig,
  options: KeeperOptions & { readonly signal: AbortSignal },
): Promise<void> {
  const keeper = await createKeeper(config, options);
  try {
    const server =
      config.healthPort === undefined
        ? undefined
        : await serveHealth(LOCALHOST, config.healthPort, () => keeper.status());
    await keeper.run(options.signal).finally(() => server?.close());
  } finally {
    keeper.close();
  }
}

interface Parts {
  readonly config: KeeperConfig;
  readonly rpc: RpcSender;
  readonly disconnect: () => void;
  readonly clock: Clock;
  readonly log: KeeperLog;
  readonly signer: KeeperSigner | undefined;
  readonly journal: Journal;
  readonly policy: Policy;
  readonly readTerms: TermsReader;
}

function wire(parts: Parts): Keeper {
  const { config, rpc, clock, log, journal, signer } = parts;
  const address = signer?.address ?? config.keeperAddress;
  if (address === undefined) throw new ConfigError("keeperAddress", "keeperAddress is missing; set it or a key.");
  const alerts: Alert[] = [];
  const executor = createExecutor(parts, address, (alert) => alerts.push(alert));
  const findOpenIntentId = (): number | undefined => journal.findOpenIntent(config.chainId, address)?.id;
  const { maxTickAgeSeconds, vaults, live } = config;
  const health = createHealth({ clock, live, vaults, maxTickAgeSeconds, findOpenIntentId });
  const deps: TickDeps = {
    chainId: config.chainId,
    vaults,
    settings: {
      maxSnapshotAgeSeconds: config.maxSnapshotAgeSeconds,
      maxClockSkewSeconds: config.maxClockSkewSeconds,
      deadlineSeconds: config.policy.deadlineSeconds,
      settleRequests: config.settleRequests,
    },
    clock,
    log,
    journal,
    flights: createFlights(),
    orders: createOrderWatch(),
    executor,
    policy: parts.policy,
    readHead: () => readHead(rpc),
    readSnapshots: (asked, block) => readSnapshots(rpc, config.lens, asked, block),
    readMarket: (snapshot, head) => readMarket(parts, snapshot, head),
    takeAlerts: () => alerts.splice(0),
  };

  const tickOnce = async (signal?: AbortSignal): Promise<TickRecord> => {
    const record = await tick(deps, signal);
    health.note(record);
    return record;
  };
  return {
    address,
    journal,
    tick: tickOnce,
    run: async (signal) => {
      log.info({ address, chainId: String(config.chainId), vaults, live }, LogEvent.keeperStarted);
      forgetOld(parts);
      const hasOpenIntent = (): boolean => live && findOpenIntentId() !== undefined;
      const maxQuietMs = (config.maxSnapshotAgeSeconds * 1_000) / 2;
      await runLoop({ rpc, clock, log, pollMs: config.pollMs, maxQuietMs, hasOpenIntent, tick: tickOnce }, signal);
      log.info({ address }, LogEvent.keeperStopped);
    },
    status: () => health.status(),
    close: () => {
      journal.close();
      parts.disconnect();
    },
  };
}

function createExecutor(parts: Parts, address: string, onAlert: (alert: Alert) => void): Executor {
  const { config, rpc, clock, log, journal, signer } = parts;
  const limits = config.fees;
  const guard: GuardRules = {
    chainId: config.chainId,
    signer: address,
    vaults: config.vaults,
    highestFeePerGas: limits.emergencyMaxFeePerGas,
  };
  if (!config.live) {
    const { simulateAt } = config;
    return { live: false, preview: (request) => previewSubmit({ rpc, guard, limits, simulateAt }, request) };
  }
  if (signer === undefined)
    throw new ConfigError("keystore", "live is true but there is no key; set keystore and keystorePasswordFile.");
  const submitter = new Submitter({ rpc, guard, limits, journal, signer, clock, log, settings: config, onAlert });
  return {
    live: true,
    submit: (request, signal) => submitter.submit(request, signal),
    resolve: () => submitter.resolve(),
    listUnverified: () => journal.listUnverified(config.chainId, address),
    verify: (intent) =>
      verifyIntent(
        {
          readReceipt: (hash) => readReceipt(rpc, hash),
          readBlock: (hash) => readBlock(rpc, hash),
          readSnapshot: async (vault, block) => {
            const [result] = await readSnapshots(rpc, config.lens, [vault], block);
            return result ?? { ok: false, vault, reason: "the read returned nothing" };
          },
        },
        intent,
      ),
  };
}

/** The market of a vault; the pool is asked for its fees where a sample is due. */
async function readMarket(parts: Parts, snapshot: Snapshot, head: Head): Promise<Market> {
  const { config, rpc, journal, log } = parts;
  const settings = { ...config, maxPriorityFeePerGas: config.fees.maxPriorityFeePerGas };
  let growth: FeeGrowth | undefined;
  if (isFlowDue(journal, snapshot, settings)) {
    const { vault, pool } = snapshot.vault;
    try {
      growth = await readFeeGrowth(rpc, pool.address, head);
    } catch (error) {
      // A vault must be hedged whatever its pool says about fees. Old samples count until they are too old to be known.
      log.warn({ vault, error: describeRpcError(error) }, LogEvent.feesUnread);
    }
  }
  const market = observeMarket(journal, snapshot, head, settings, growth);
  const hedgeTerms = await parts.readTerms(snapshot, head);
  return hedgeTerms === undefined ? market : { ...market, hedgeTerms };
}

function policyOf(config: KeeperConfig): Policy {
  return {
    decide: (snapshot, market) => decide(snapshot, market, config.policy),
    plan: (snapshot, decision) => planFor(snapshot, decision, config.policy),
  };
}

function connect(
  config: KeeperConfig,
  options: KeeperOptions,
): { readonly rpc: RpcSender; readonly disconnect: () => void } {
  if (options.eip1193 !== undefined) {
    const provider = connectEip1193(options.eip1193, config.chainId);
    return { rpc: provider, disconnect: () => provider.destroy() };
  }
  // A caller's provider is the caller's to close.
  if (options.rpc !== undefined) return { rpc: options.rpc, disconnect: () => undefined };
  if (config.rpcUrl === undefined)
    throw new ConfigError("rpcUrl", "rpcUrl is missing; set it in the configuration file or RPC_URL.");
  const provider = connectUrl(config.rpcUrl, config.chainId, config.rpcTimeoutMs);
  return { rpc: provider, disconnect: () => provider.destroy() };
}

/** Old ticks and prices go at the start of a run; ten half-lives of prices are kept at least. */
function forgetOld({ journal, clock, config }: Parts): void {
  const dayMs = 86_400_000;
  const ticksBefore = clock.nowMs() - config.keepTicksDays * dayMs;
  const halfLifeHours = Math.max(config.volatility.halfLifeHours, config.feeFlow.halfLifeHours);
  const memoryMs = Math.max(config.keepTicksDays * dayMs, 10 * halfLifeHours * 3_600_000);
  journal.prune(Math.floor(ticksBefore), Math.floor((clock.nowMs() - memoryMs) / 1_000));
}
